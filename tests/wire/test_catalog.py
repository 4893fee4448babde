"""The catalog under a running server: edits are seen at once and whole, and whatever happens to the file or to who writes
it, readers see the old directory or the new one. ALMAGEST_KILLS makes the crash tests longer."""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from capsule import ALMAGEST, Server, wait_for, writer_of

KILLS = int(os.environ.get("ALMAGEST_KILLS", "40"))


def record(name, tagline="t", more=""):
    return f"name: {name}\ntagline: {tagline}\n{more}"


@pytest.fixture
def people(tmp_path):
    """A capsule of twenty people who share topics and sources."""
    folder = tmp_path / "capsule"
    (folder / "people").mkdir(parents=True)
    for i in range(20):
        (folder / f"people/p{i}.yaml").write_text(record(
            f"Person {i}", more=f"topics: [t{i % 3}, all]\nstart_here: [{{title: Work {i // 2}, id: w{i // 2}}}]\n"))
    return folder


@pytest.fixture
def start(tmp_path):
    servers = []

    def begin(capsule, *options, **how):
        (tmp_path / "log").unlink(missing_ok=True)  # of a server before
        servers.append(Server(tmp_path, capsule, *options, **how))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


def tagline(server, slug):
    return server.get(f"/people/{slug}.gmi").text


# ---- following edits ----

def in_place(path, text):
    with open(path, "r+") as file:
        file.truncate()
        file.write(text)


def by_rename(path, text):
    beside = path.parent / ".p.swp"
    beside.write_text(text)
    os.rename(beside, path)


def through_a_backup(path, text):
    os.rename(path, str(path) + "~")
    path.write_text(text)
    os.unlink(str(path) + "~")


@pytest.mark.parametrize("save", [in_place, by_rename, through_a_backup, lambda path, text: path.write_text(text)],
                         ids=["in place", "by rename", "through a backup", "written anew"])
def test_an_edit_is_seen_within_a_moment_however_the_editor_saves(start, people, save):
    server = start(people)
    for i in range(5):
        save(people / "people/p3.yaml", record("Person 3", f"Edit {i}"))
        wait_for(lambda: f"Edit {i}" in tagline(server, "p3"), 2)
    assert "reloading" not in server.log


def test_files_come_go_and_move(start, people):
    server = start(people)
    (people / "people/ab").mkdir()
    (people / "people/ab/new-one.yaml").write_text(record("New One"))
    wait_for(lambda: server.get("/people/new-one.gmi").status == "20", 2)
    os.rename(people / "people/ab/new-one.yaml", people / "people/other.yaml")
    wait_for(lambda: server.get("/people/other.gmi").status == "20" and server.get("/people/new-one.gmi").status == "51", 2)
    os.rename(people / "people/ab", people / "elsewhere")
    (people / "elsewhere/back.yaml").write_text(record("Back Again"))
    os.rename(people / "elsewhere", people / "people/cd")
    wait_for(lambda: server.get("/people/back.gmi").status == "20", 2)
    shutil.rmtree(people / "people/cd")
    wait_for(lambda: server.get("/people/back.gmi").status == "51", 2)
    (people / "topics").mkdir()  # a folder that was not there when we began
    (people / "topics/all.yaml").write_text("name: Everything\n")
    wait_for(lambda: "# Everything" in server.get("/topics/all.gmi").text, 2)
    (people / "capsule.yaml").write_text("title: Other Title\n")
    wait_for(lambda: server.get("/").text.startswith("# Other Title"), 2)


def test_a_folder_of_files_that_comes_later_or_anew_is_served(start, people):
    server = start(people)
    for text in ["one\n", "two\n"]:
        (people / "files").mkdir()
        (people / "files/notes.txt").write_text(text)
        wait_for(lambda: server.get("/files/notes.txt").text == text, 3)
        shutil.rmtree(people / "files")
        wait_for(lambda: server.get("/files/notes.txt").status == "51", 3)
        time.sleep(0.5)  # a moment in which it is seen to be gone: folders may get the same number again


@pytest.mark.alone
def test_a_burst_of_edits_is_one_update(start, people):
    server = start(people)
    for i in range(1000):
        (people / f"people/burst{i}.yaml").write_text(record(f"Burst {i}"))
    wait_for(lambda: server.get("/people/burst999.gmi").status == "20", 20)
    time.sleep(0.2)
    assert server.log.count("catalog of ") <= 4, server.log


def test_a_large_directory_is_read_by_all_cores_within_the_sandbox(start, people):
    for i in range(1500):
        (people / f"people/many{i}.yaml").write_text(record(f"Many {i}"))
    server = start(people)
    assert server.get("/people/many1499.gmi").status == "20"
    assert "catalog of 1520 people" in server.log and "signal" not in server.log, server.log


def test_what_may_not_be_read_costs_nothing_else_and_is_read_once_it_may(start, people):
    folder, path = people / "people/ab", people / "people/p3.yaml"
    folder.mkdir()
    (folder / "q.yaml").write_text(record("Queue"))
    server = start(people)
    for closed, told in ((path, "people/p3.yaml:1:1: error: cannot be read"),
                         (folder, "people/ab/:1:1: error: this folder may not be listed")):
        closed.chmod(0)
        wait_for(lambda: told in server.log, 3)
    by_rename(people / "people/p4.yaml", record("Person 4", "Edited"))
    wait_for(lambda: "Edited" in tagline(server, "p4"), 3)
    assert "Person 3" in tagline(server, "p3") and server.get("/people/q.gmi").status == "51"
    path.chmod(0o644)
    folder.chmod(0o755)
    wait_for(lambda: server.get("/people/q.gmi").status == "20", 3)
    for changed, slug in ((path, "p3"), (folder / "q.yaml", "q")):
        changed.write_text(record("Somebody", "Edited"))
        wait_for(lambda: "Edited" in tagline(server, slug), 3)
    assert "anew" not in server.log and "looked at every" not in server.log


def test_a_folder_that_may_not_be_listed_is_left_out_at_the_start(start, people):
    folder = people / "people/ab"
    folder.mkdir()
    (folder / "q.yaml").write_text(record("Queue"))
    folder.chmod(0)
    server = start(people)
    assert "people/ab/:1:1: error: this folder may not be listed" in server.log
    assert "Person 7" in tagline(server, "p7") and server.get("/people/q.gmi").status == "51"
    folder.chmod(0o755)
    wait_for(lambda: server.get("/people/q.gmi").status == "20", 3)


def test_more_edits_at_once_than_the_kernel_remembers_are_all_seen(start, people):
    server = start(people)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    writer = writer_of(server.process.pid)
    os.kill(writer, signal.SIGSTOP)
    for i in range(most + 100):  # equal ones that follow one another would be one
        os.utime(people / f"people/p{i % 2}.yaml")
    (people / "people/p3.yaml").write_text(record("Person 3", "Edited"))
    (people / "people/ab").mkdir()
    (people / "people/ab/late.yaml").write_text(record("Late"))
    os.kill(writer, signal.SIGCONT)
    wait_for(lambda: "Edited" in tagline(server, "p3") and server.get("/people/late.gmi").status == "20", 5)


def test_commands_read_the_catalog_unless_a_file_has_another_size_or_time(start, people, tmp_path):
    """So a page of a large directory is shown without reading all its records."""
    def shown():
        return subprocess.run([ALMAGEST, "show", "/people/p3", "-c", people, "--catalog", tmp_path / "catalog"],
                              capture_output=True, text=True, timeout=60, check=True).stdout

    path = people / "people/p3.yaml"
    path.write_text(record("Person Three", tagline="as it was"))
    for stray in ("README.md", "Not A Slug.yaml", "zzz.txt"):  # in the folder of records, and read by nobody
        (people / "people" / stray).write_text("as it is.")
    start(people).end()
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text(record("Person Three", tagline="as it is."))
    os.utime(path, ns=times)
    assert "as it was" in shown()
    os.utime(path)
    assert "as it is." in shown()
    path.write_text(record("Person Three", tagline="as it was"))
    os.utime(path, ns=times)
    assert "as it was" in shown()
    (people / "people/p20.yaml").write_text(record("Person Twenty"))
    os.utime(path, ns=times)
    path.write_text(record("Person Three", tagline="as it is."))
    os.utime(path, ns=times)
    assert "as it is." in shown(), "a file that came makes the catalog one of before"


def test_an_error_is_told_at_once_and_the_last_good_version_stays(start, people):
    server = start(people)
    (people / "people/p1.yaml").write_text("name: [\n")
    wait_for(lambda: "people/p1.yaml: has errors; its last good version stays in service" in server.log, 2)
    assert "Person 1" in tagline(server, "p1")


def test_two_pages_never_disagree_while_the_directory_changes(start, people):
    """Each edit shows on two pages; whoever read it on one must not read an older one on the other afterwards."""
    server = start(people)
    path, version, seen = people / "people/p0.yaml", 0, 0
    pages = ["/people/p0.gmi", "/people/p1.gmi", "/topics/all.gmi", "/people/index.gmi"]

    def shown(text):
        return int(text.split("Version ")[1].split()[0])

    def save():
        by_rename(path, record("Person 0", f"Version {version} of it", "topics: [all]\nstart_here: [w0]\nreviewed: 2025-01-01\n"))

    save()
    wait_for(lambda: "Version 0" in server.get(pages[0]).text)
    for version in range(1, 300):
        save()
        for page in random.sample(pages, 3):
            now = shown(server.get(page).text)
            assert now >= seen, (page, now, seen)
            seen = now
    wait_for(lambda: shown(server.get(pages[0]).text) == 299)


# ---- crashes ----

TABLES = ["person", "source", "topic", "organization", "shares", "shown", "related", "listed", "citing", "ident", "authored", "claim", "exact", "tally"]
# its chunks begin and end elsewhere after updates
POSTING = """SELECT kind, item, group_concat(hex(people), '') FROM (SELECT * FROM posting ORDER BY kind, item, first)
    GROUP BY kind, item"""


def rows_of(folder):
    db = sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True)
    rows = {table: sorted(map(repr, db.execute(f"SELECT * FROM {table}"))) for table in TABLES}
    rows["posting"] = sorted(map(repr, db.execute(POSTING)))
    db.close()
    return rows


def settle(server, people):
    """Waits until an edit made now is served: all before it are, too."""
    mark = f"Mark {time.monotonic_ns()}"
    (people / "people/p19.yaml").write_text(record("Person 19", mark))
    wait_for(lambda: mark in tagline(server, "p19"), 20)


def random_edit(people):
    path = people / f"people/p{random.randrange(25)}.yaml"
    if random.random() < 0.2 and path.exists():
        path.unlink()
    else:
        by_rename(path, record(f"Person {random.randrange(9)}", f"t{random.random()}", f"topics: [t{random.randrange(4)}]\n"))


def assert_as_built_anew(start, tmp_path, server, people):
    settle(server, people)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    other = Server(fresh, people)
    try:
        assert rows_of(tmp_path / "catalog") == rows_of(fresh / "catalog")
    finally:
        other.end()


def test_a_writer_killed_at_any_moment_harms_nothing(start, people, tmp_path):
    server = start(people)
    for i in range(KILLS):
        for _ in range(random.randrange(1, 6)):
            random_edit(people)
        time.sleep(random.random() * 0.02)
        writer = writer_of(server.process.pid)
        if writer:
            os.kill(writer, signal.SIGKILL)
        assert server.get("/topics/index.gmi").status == "20"
        if i % 5 == 4:  # so that another stands there, whatever pause the supervisor makes
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: writer_of(server.process.pid) not in (None, writer))
    server.process.send_signal(signal.SIGHUP)
    assert_as_built_anew(start, tmp_path, server, people)


def test_a_server_killed_while_it_builds_or_updates_starts_again(start, people, tmp_path):
    for i in range(KILLS // 4):
        if i % 3 == 0:
            shutil.rmtree(tmp_path / "catalog", ignore_errors=True)
        server = subprocess.Popen([ALMAGEST, "serve", "-c", str(people), "--certs", str(tmp_path / "certs"), "--catalog",
                                   str(tmp_path / "catalog"), "--gemini", "127.0.0.1:0", "--gopher", "off", "--finger", "off"],
                                  stderr=subprocess.DEVNULL)
        time.sleep(random.random() * 0.1)
        random_edit(people)
        time.sleep(random.random() * 0.02)
        server.kill()
        server.wait()
    time.sleep(0.2)  # what it started ends by itself
    assert_as_built_anew(start, tmp_path, start(people), people)


# ---- catalogs that cannot be used ----

def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def zero(path):
    path.write_bytes(b"\0" * path.stat().st_size)


def zero_the_middle(path):
    data = bytearray(path.read_bytes())
    data[8192:] = b"\0" * (len(data) - 8192)
    path.write_bytes(data)


def foreign(path):
    path.write_text("This is no database.\n")


def of_another_program(path):
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE other(x)")
    db.close()


def older(path):
    db = sqlite3.connect(path)
    db.execute("UPDATE meta SET value = 1 WHERE name = 'format'")
    db.commit()
    db.close()


def empty(path):
    path.write_bytes(b"")


@pytest.mark.alone
@pytest.mark.parametrize("harm", [truncate, zero, zero_the_middle, foreign, of_another_program, older, empty],
                         ids=lambda f: f.__name__.replace("_", " "))
def test_a_catalog_that_cannot_be_used_is_set_aside_and_built_anew(start, people, tmp_path, harm):
    start(people).end()
    catalog = tmp_path / "catalog/catalog.db"
    harm(catalog)
    began = time.monotonic()
    server = start(people)
    assert "Person 7" in server.get("/people/p7.gmi").text
    assert time.monotonic() - began < 1.5
    wait_for(lambda: "kept as catalog.db.aside" in server.log, 3)
    assert (tmp_path / "catalog/catalog.db.aside").exists()
    assert_as_built_anew(start, tmp_path, server, people)


def zero_in_place(path):
    with open(path, "r+b") as file:
        file.seek(8192)
        file.write(b"\0" * (path.stat().st_size - 8192))


def assert_heals(start, server, people, tmp_path):
    answers = []

    def healed():
        answers.append(server.get("/people/p7.gmi"))
        return "Person 7" in answers[-1].text and "catalog.db.aside" in server.log

    wait_for(healed, 5)
    # never a wrong answer: the page, or "try again", or a worker that was ended by the file
    assert {a.status for a in answers} <= {"20", "40", ""}, answers
    assert all("Person 7" in a.text for a in answers if a.status == "20")
    assert (tmp_path / "catalog/catalog.db.aside").exists()
    assert_as_built_anew(start, tmp_path, server, people)


@pytest.mark.parametrize("harm", [zero_in_place, truncate], ids=lambda f: f.__name__.replace("_", " "))
def test_a_catalog_damaged_while_it_is_served_is_set_aside_and_built_anew(start, people, tmp_path, harm):
    server = start(people)
    harm(tmp_path / "catalog/catalog.db")
    assert_heals(start, server, people, tmp_path)


def test_a_catalog_without_one_of_its_tables_is_set_aside_and_built_anew(start, people, tmp_path):
    start(people).end()
    db = sqlite3.connect(tmp_path / "catalog/catalog.db")
    db.execute("DROP TABLE shown")
    db.commit()
    db.close()
    server = start(people)
    assert_heals(start, server, people, tmp_path)


@pytest.mark.parametrize("words", [("show", "/topics/all.gmi"), ("show", "--as", "gopher", "/topics/all.gmi"), ("search", "person"),
                                   ("schema", "--suggest"), ("export", "copy")], ids=lambda words: " ".join(words[:3]))
def test_what_a_command_reads_of_a_damaged_catalog_is_no_answer(start, people, tmp_path, words):
    start(people).end()
    path = tmp_path / "catalog/catalog.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    size = db.execute("PRAGMA page_size").fetchone()[0]
    roots = [root for root, in db.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name IN ('person', 'topic')")]
    db.close()
    with open(path, "r+b") as file:
        for root in roots:
            file.seek((root - 1) * size)
            file.write(b"\0" * size)
    done = subprocess.run([ALMAGEST, *words, "-c", people, "--catalog", tmp_path / "catalog"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "") and "catalog.db: damaged" in done.stderr, done
    assert not (tmp_path / "copy").exists()


def read_by_commands(people, folder):
    """By each that reads a catalog; what stands in its folder afterwards."""
    for words in (["show", "/people/p7"], ["search", "person"], ["export", folder.parent / "copy", "--only", "gemini"]):
        done = subprocess.run([ALMAGEST, *words, "-c", people, "--catalog", folder], capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr == "", done
    return {path.name: path.stat().st_ino for path in folder.iterdir() if path.name.startswith("catalog.db")}


def test_commands_that_read_leave_nothing_beside_the_catalog(start, people, tmp_path):
    start(people).end()
    assert list(read_by_commands(people, tmp_path / "catalog")) == ["catalog.db"]


def test_commands_that_read_take_nothing_from_a_server(start, people, tmp_path):
    server = start(people)
    for text in ("Once", "Twice"):
        (people / "people/p4.yaml").write_text(record("Person 4", text))
        wait_for(lambda: text in tagline(server, "p4"))
        beside = {path.name: path.stat().st_ino for path in (tmp_path / "catalog").glob("catalog.db*")}
        assert "catalog.db-wal" in beside and read_by_commands(people, tmp_path / "catalog") == beside


def log_left_behind(start, people, tmp_path):
    """The log of updates, with an edit in it: who serves is killed, all at once."""
    server = start(people)
    (people / "people/p4.yaml").write_text(record("Person 4", "Edited"))
    wait_for(lambda: "Edited" in tagline(server, "p4"))
    for pid in [server.process.pid, *map(int, Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split())]:
        os.kill(pid, signal.SIGKILL)
    server.process.wait()
    log = tmp_path / "catalog/catalog.db-wal"
    assert log.stat().st_size > 0
    return log


def test_a_log_of_updates_that_was_cut_loses_no_page(start, people, tmp_path):
    log = log_left_behind(start, people, tmp_path)
    os.truncate(log, log.stat().st_size - 100)
    assert_as_built_anew(start, tmp_path, start(people), people)


# ---- what cannot be written ----

def test_a_catalog_that_may_only_be_read_is_told_of_before_an_edit_costs_much(start, people, tmp_path):
    start(people).end()
    catalog = tmp_path / "catalog/catalog.db"
    catalog.chmod(0o444)
    server = start(people)
    wait_for(lambda: re.search(f"{catalog} may not be written by user [0-9]+, who serves: at an edit the whole directory is read anew; "
                               f"to spare that, stop the server and chmod u[+]w {catalog}", server.log), 10)
    (people / "people/p4.yaml").write_text(record("Person 4", "Edited"))
    wait_for(lambda: "Edited" in tagline(server, "p4"))


def test_a_log_of_updates_that_may_only_be_read_is_told_of_with_what_to_do(start, people, tmp_path):
    log = log_left_behind(start, people, tmp_path)
    log.chmod(0o444)
    server = start(people)
    wait_for(lambda: re.search(f"{log} may not be written by user [0-9]+, .* stop the server and chmod u[+]w {log}", server.log), 10)
    (people / "people/p4.yaml").write_text(record("Person 4", "Edited again"))
    wait_for(lambda: "Edited again" in tagline(server, "p4"), 10)
    assert re.search(r"catalog\.db: the log beside it cannot be emptied: .*; who serves must be allowed to write catalog\.db-wal and -shm; "
                     "serving from memory", server.log)


def test_a_lock_that_may_not_be_written_is_told_of_with_what_to_do(start, people, tmp_path):
    start(people).end()
    (tmp_path / "catalog/lock").chmod(0o444)
    server = start(people)
    wait_for(lambda: re.search("catalog/lock: may not be written; chown it, or its folder, to user [0-9]+; serving from memory", server.log), 10)
    assert "Person 7" in server.get("/people/p7.gmi").text


def confined(tmp_path, people, mount):
    """A server in a namespace of its own, in which a command was run before; FOLDER is its catalog's."""
    port = random.randrange(20000, 30000)
    folder = tmp_path / "catalog"
    folder.mkdir(exist_ok=True)
    log = open(tmp_path / "log", "ab")
    command = (f"{mount} && exec {ALMAGEST} serve -c {people} --certs {tmp_path}/certs --catalog {folder} "
               f"--gemini off --gopher 127.0.0.1:{port} --finger off --workers 1")
    process = subprocess.Popen(["unshare", "-rm", "sh", "-c", command.replace("FOLDER", str(folder))], stderr=log)
    wait_for(lambda: "\nready\n" in (tmp_path / "log").read_text() or process.poll() is not None, 10)
    return process, port


def gopher(port, selector):
    return subprocess.run(["curl", "-s", "-m", "5", f"gopher://127.0.0.1:{port}/1{selector}"], capture_output=True).stdout.decode()


@pytest.mark.parametrize("mount", ["mount -t tmpfs -o size=64k none FOLDER", "mount -t tmpfs -o ro none FOLDER"],
                         ids=["a full disk", "a read-only folder"])
def test_where_no_catalog_can_be_written_the_server_runs_from_memory(people, tmp_path, mount):
    process, port = confined(tmp_path, people, mount)
    try:
        assert "Person 5" in gopher(port, "/people/p5")
        assert "serving from memory" in (tmp_path / "log").read_text()
        (people / "people/p5.yaml").write_text(record("Person 5", "Edited"))
        wait_for(lambda: "Edited" in gopher(port, "/people/p5"), 5)
    finally:
        process.terminate()
        process.wait(15)


def test_a_disk_that_fills_up_later_keeps_readers_served(people, tmp_path):
    process, port = confined(tmp_path, people, "mount -t tmpfs -o size=1500k none FOLDER")
    try:
        assert "Person 5" in gopher(port, "/people/p5")
        for i in range(60):
            (people / f"people/big{i}.yaml").write_text(record(f"Big {i}", more="summary: " + f"word{i} " * 250 + "\n"))
            assert "Person 5" in gopher(port, "/people/p5")
        wait_for(lambda: "Big 59" in gopher(port, "/people/big59"), 15)
    finally:
        process.terminate()
        process.wait(15)


def test_where_the_kernel_tells_of_no_changes_files_are_looked_at(people, tmp_path):
    process, port = confined(tmp_path, people, "echo 0 >/proc/sys/user/max_inotify_instances")
    try:
        wait_for(lambda: "files are looked at every 5 s" in (tmp_path / "log").read_text())
        (people / "people/p5.yaml").write_text(record("Person 5", "Edited"))
        wait_for(lambda: "Edited" in gopher(port, "/people/p5"), 8)
        (people / "people/p5.yaml").write_text(record("Person 5", "Again"))
        process.send_signal(signal.SIGHUP)  # and at once when told to
        wait_for(lambda: "Again" in gopher(port, "/people/p5"), 3)
    finally:
        process.terminate()
        process.wait(15)


def test_folders_beyond_the_kernels_limit_are_looked_at(people, tmp_path):
    process, port = confined(tmp_path, people, "echo 2 >/proc/sys/user/max_inotify_watches")  # the capsule and people/
    try:
        (people / "people/ab").mkdir()
        new = people / "people/ab/new.yaml"
        new.write_text(record("New"))
        wait_for(lambda: "New" in gopher(port, "/people/new"), 8)
        assert "raise fs.inotify.max_user_watches" in (tmp_path / "log").read_text()
        new.write_text(record("New", "Edited"))
        wait_for(lambda: "Edited" in gopher(port, "/people/new"), 8)
    finally:
        process.terminate()
        process.wait(15)


def test_two_servers_for_one_catalog_do_not_write_it_both(start, people, tmp_path):
    first = start(people)
    (tmp_path / "second").mkdir()
    second = Server(tmp_path / "second", people, "--catalog", str(tmp_path / "catalog"))
    try:
        assert "another process writes this catalog" in second.log
        (people / "people/p6.yaml").write_text(record("Person 6", "Edited"))
        for server in (first, second):
            wait_for(lambda: "Edited" in tagline(server, "p6"), 5)
    finally:
        second.end()

"""The life of a server, which its visitors do not notice: reloads, edits, deaths, the end, and what the log keeps."""

import os
import re
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from capsule import ALMAGEST, ROOT, free_port, wait_for, workers_of


@contextmanager
def visitors(server, n=3, path="/people/ada-lovelace.gmi"):
    """People who read on and on while something happens; every page must come whole."""
    stop, failed, pages = threading.Event(), [], []

    def read():
        while not stop.is_set():
            try:
                answer = server.get(path)
                assert answer.status == "20" and answer.text.endswith("\n"), answer
                pages.append(answer.text)
            except Exception as e:  # noqa: BLE001 whatever a reader would see
                failed.append(repr(e))

    threads = [threading.Thread(target=read) for _ in range(n)]
    for thread in threads:
        thread.start()
    try:
        yield pages
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed, failed[:3]
    assert len(pages) >= n


def edit(capsule, slug, old, new):
    path = capsule / "people" / f"{slug}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def hang_up(server):
    server.process.send_signal(signal.SIGHUP)


# ---- edits ----

def test_an_edit_is_shown_after_a_reload_and_nobody_is_sent_away(start, small_copy):
    server = start(capsule=small_copy)
    with visitors(server) as pages:
        for version in range(1, 6):
            before = f"Version {version - 1}." if version > 1 else "Wrote the first program"
            edit(small_copy, "ada-lovelace", before, f"Version {version}.")
            hang_up(server)
            wait_for(lambda: f"Version {version}." in server.get("/people/ada-lovelace.gmi").text)
    shown = {m[0] for page in pages for m in [re.search(r"Wrote the first program|Version \d\.", page)]}
    assert "Version 4." in shown or "Version 3." in shown
    assert server.get("/people/ada-lovelace.yaml").body == (small_copy / "people/ada-lovelace.yaml").read_bytes()


def test_a_new_record_is_shown_after_a_reload(start, small_copy):
    server = start(capsule=small_copy)
    assert server.get("/people/mary-somerville.gmi").status == "51"
    (small_copy / "people/mary-somerville.yaml").write_text(
        "name: Mary Somerville\ntagline: Taught mathematics\norganizations: [Somerville Circle]\n")
    server.reload()
    assert server.get("/people/mary-somerville.gmi").text.startswith("# Mary Somerville\n")
    assert "Mary Somerville" in server.get("/people/index.gmi").text
    assert "Mary Somerville" in server.get("/people/ada-lovelace.gmi").text
    assert "Mary Somerville" in server.get("/search.gmi?somerville").text


def test_a_record_broken_by_an_edit_keeps_its_last_good_version(start, small_copy):
    server = start(capsule=small_copy)
    good = server.get("/people/charles-babbage.gmi").data
    path = small_copy / "people/charles-babbage.yaml"
    text = path.read_text()
    path.write_text("name: Charles Babbage\ntagline: [\n")
    edit(small_copy, "ada-lovelace", "Wrote the first program", "Edited")
    server.reload()
    assert "Edited" in server.get("/people/ada-lovelace.gmi").text
    assert server.get("/people/charles-babbage.gmi").data == good
    assert server.get("/people/charles-babbage.yaml").body == text.encode()
    assert re.search(r"people/charles-babbage\.yaml:\d+:\d+: error: ", server.log) and "last good version" in server.log
    path.write_text(text.replace("Drew the engine", "Mended"))
    server.reload()
    assert "Mended" in server.get("/people/charles-babbage.gmi").text


def test_a_record_that_is_wrong_from_the_start_is_left_out_alone(start, small_copy):
    (small_copy / "people/nobody-knows.yaml").write_text("name: Nobody\ntaglin: typo\n")
    server = start(capsule=small_copy)
    assert server.get("/people/nobody-knows.gmi").status == "51" and server.get("/people/ada-lovelace.gmi").status == "20"
    assert "people/nobody-knows.yaml:2:1: error: " in server.log


def test_an_empty_directory_says_how_to_write_the_first_record(start, tmp_path):
    (tmp_path / "capsule").mkdir()
    server = start(capsule=tmp_path / "capsule")
    answer = server.get("/")
    assert answer.status == "20" and answer.text.startswith("# ")
    record = re.search(r"(?s)```[^\n]*\n(.*?)```", answer.text)
    name = re.search(r"people/([a-z0-9-]+)\.yaml", answer.text)
    assert record and name, answer.text
    for path in ("/people/", "/topics/index.gmi", "/search.gmi?x", "/changes.gmi", "/random.gmi", "/atom.xml",
                 "/connect.gmi?a,%20b", "/robots.txt"):
        assert server.get(path).status in ("20", "30", "51"), path
    assert server.get(server.get("/random.gmi").meta).status == "20"
    # and what it says works
    (tmp_path / "capsule/people").mkdir()
    (tmp_path / f"capsule/people/{name[1]}.yaml").write_text(record[1])
    server.reload()
    assert server.get(f"/people/{name[1]}.gmi").status == "20", server.log


# ---- settings ----

@pytest.mark.parametrize("file,text,told", [
    ("capsule.yaml", "title: [\n", "capsule.yaml:2:1: error: "),
    ("capsule.yaml", "title: Another\ntitel: a typo\n", "capsule.yaml:2:1: error: titel: "),
    ("local.yaml", "workers: several\n", "local.yaml:1:10: error: workers: "),
    ("local.yaml", "reader_ports: [70000]\n", 'reader_ports: "70000" is not a port'),
], ids=["no YAML", "an unknown key", "a number that is none", "a port that is none"])
def test_bad_settings_leave_the_old_ones(start, small_copy, file, text, told):
    server = start(capsule=small_copy)
    path = small_copy / file
    old = path.read_text() if path.exists() else None
    path.write_text(text)
    hang_up(server)
    wait_for(lambda: "the old ones stay" in server.log)
    assert told in server.log
    time.sleep(0.3)
    assert server.get("/").text.startswith("# A Small Directory\n"), server.get("/").text[:100]
    if old:
        path.write_text(old.replace("A Small", "A Mended"))
    else:
        path.unlink()
        edit(small_copy, "ada-lovelace", "Wrote the first program", "Edited")
    hang_up(server)
    wait_for(lambda: "# A Mended" in server.get("/").text or "Edited" in server.get("/people/ada-lovelace.gmi").text)


def test_a_new_title_is_shown_after_a_reload(start, small_copy):
    server = start(capsule=small_copy)
    (small_copy / "capsule.yaml").write_text("title: Another Directory\nlanguage: fr\n")
    server.reload()
    answer = server.get("/")
    assert answer.header == b"20 text/gemini; lang=fr" and answer.text.startswith("# Another Directory\n")


def test_the_folder_of_a_catalog_may_be_deleted_between_two_runs(start, small_copy, tmp_path):
    first, second = start(capsule=small_copy), start(capsule=small_copy)
    for path in ("/", "/people/ada-lovelace.gmi", "/topics/index.gmi", "/search.gmi?ada"):
        assert first.get(path).data == second.get(path).data.replace(str(second.port).encode(), str(first.port).encode())


# ---- deaths and the end ----

def test_a_killed_worker_is_replaced_and_visits_go_on(start):
    server = start()
    for _ in range(3):
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        for _ in range(10):
            assert server.get("/about.gmi").status == "20"
        wait_for(lambda: len(server.workers()) == 2 and before[0] not in server.workers())
    assert "signal 9" in server.log


def test_a_reload_while_the_first_worker_dies_again_and_again_ends_with_all_of_them(tmp_path):
    """What was to come before "ready" does not come from who died: nobody may wait for it."""
    certs, log = tmp_path / "certs", tmp_path / "log"
    with open(log, "wb") as file:
        process = subprocess.Popen([ALMAGEST, "serve", "-c", ROOT / "capsule", "--certs", certs, "--catalog", tmp_path / "catalog",
                                    "--gemini", f"127.0.0.1:{free_port()}", "--gopher", "off", "--finger", "off", "--workers", "3"],
                                   stderr=file)
    try:
        for _ in range(3):
            first = wait_for(lambda: workers_of(process.pid), pause=0)
            for pid in first:
                os.kill(pid, signal.SIGKILL)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: re.search("(?m)^ready$", log.read_text()))
        assert len(workers_of(process.pid)) == 3
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_all_workers_killed_at_once_come_back(start):
    server = start()
    before = server.workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert server.get("/about.gmi").status == "20"  # it waited for the next one
    assert len(set(server.workers()) - set(before)) >= 1


@pytest.mark.alone
def test_who_does_not_hang_up_delays_the_end_by_the_drain_alone(start):
    server = start()
    with server.client() as client:
        assert client.ask(server.url("/about.gmi").encode() + b"\r\n").status == "20"
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(10) == 0 and time.monotonic() - began < 4.5


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_when_it_is_told_to(start, number):
    server = start()
    silent = server.client()
    workers = server.workers()
    began = time.monotonic()
    server.process.send_signal(number)
    assert server.process.wait(10) == 0 and time.monotonic() - began < 4.5
    assert not [pid for pid in workers if os.path.exists(f"/proc/{pid}")]
    silent.close()


@pytest.mark.alone
def test_a_download_is_finished_before_the_end(start, small_copy):
    server = start(capsule=small_copy)
    with server.client(receive=16384) as client:
        client.shake_hands()
        client.send(server.url("/files/10mib.bin").encode() + b"\r\n")
        got = [client.read()]
        server.process.terminate()
        time.sleep(0.3)
        while piece := client.read():
            got.append(piece)
    assert b"".join(got).endswith((small_copy / "files/10mib.bin").read_bytes())
    assert server.process.wait(10) == 0


@pytest.mark.alone
def test_a_download_is_finished_over_a_reload(start, small_copy):
    server = start(capsule=small_copy)
    with server.client(receive=16384) as client:
        client.shake_hands()
        client.send(server.url("/files/10mib.bin").encode() + b"\r\n")
        got = [client.read()]
        hang_up(server)
        wait_for(lambda: len(server.workers()) > 2)
        assert server.get("/").status == "20"
        while piece := client.read():
            got.append(piece)
    assert b"".join(got).endswith((small_copy / "files/10mib.bin").read_bytes())


def test_who_is_half_way_through_a_handshake_at_a_reload_is_served(start):
    server = start()
    with server.client() as early, server.client() as late:
        early.shake_hands()
        late.socket.sendall(late.hello())
        hang_up(server)
        time.sleep(0.2)
        for client in (early, late):
            assert client.ask(server.url("/about.gmi").encode() + b"\r\n").status == "20"


def hang_up_until_workers_begin(server):
    """On a busy machine the moment when old and new are there may pass unseen."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        hang_up(server)
        soon = time.monotonic() + 2
        while time.monotonic() < soon:
            if len(server.workers()) > 2:
                return
    raise AssertionError("no workers begin")


@pytest.mark.alone
def test_a_server_told_to_end_while_workers_begin_ends(start):
    """A process that has just begun does not hear yet; it must be told again."""
    for _ in range(4):
        server = start()
        hang_up_until_workers_begin(server)
        server.process.terminate()
        assert server.process.wait(8) == 0


def test_the_dead_supervisor_leaves_no_worker_behind(start):
    server = start()
    workers = server.workers()
    server.process.kill()
    server.process.wait()
    server.end = lambda: 0
    try:
        wait_for(lambda: not [pid for pid in workers if is_running(pid)], 3)
    finally:
        for pid in workers:
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---- the log ----

def test_the_log_holds_no_control_character_and_no_query(start):
    server = start()
    for path in ("/%1B[31mred", "/%0D%0Afaked%20line", "/a%07b", "/%C2%9B31m", "/%E2%80%AEgpj.x", "/%7F", "/%E2%80%8Bx"):
        assert server.get(path).status in ("51", "59"), path
    server.ask(b"gemini://\x1b[31m/\r\n")
    server.ask(b"gemini://%1b%5b31m.example/\r\n")
    server.ask(b"\x1b]0;title\x07\r\n")
    for path in ("/search.gmi", "/people", "/nothing", "/", "/people/tri-dao"):
        server.get(path + "?zebra-secret")
    server.ask(b"gemini://zebra-secret@localhost/\r\n")
    server.ask(server.url("/#zebra-secret").encode() + b"\r\n")
    wait_for(lambda: "/people/tri-dao" in server.log)
    data = server.log_path.read_bytes()
    assert b"zebra" not in data
    text = data.decode("utf-8")
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert all(line.startswith("almagest: ") or line == "ready" for line in text.splitlines())


def test_the_log_has_one_line_for_each_request(start):
    server = start()
    for path in ("/about.gmi", "/nothing", "/people"):
        server.get(path)
    wait_for(lambda: len(re.findall(r"(?m)^almagest: gemini \d\d ", server.log)) == 3)
    for status, path in (("20", "/about.gmi"), ("51", "/nothing"), ("31", "/people")):
        assert re.search(rf"(?m)^almagest: gemini {status} localhost {path} \d+ bytes \d+ ms TLSv1\.3$", server.log), server.log
    assert "127.0.0.1" not in re.sub(r"(?m)^almagest: (?!gemini ).*$", "", server.log)

"""An export: served by other servers, every page is what almagest serves; updated, only what changed is written."""

import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from capsule import ALMAGEST, PEOPLE, ROOT, Client, Server, free_port, wait_for, write
from conftest import small_capsule
from mirrors import Beside, Gophernicus, MollyBrown, ask_gopher, bundles_made, people, run, tree

LIVE = {"/search.gmi", "/connect.gmi", "/random.gmi"}


beside = Beside()


@pytest.fixture(scope="module", autouse=True)
def running(request, tmp_path_factory):
    with beside.running(request, tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="module")
def both():
    """A live server, and an export that was made with its addresses, on disk: where servers that run as nobody can read it, too."""
    folder = Path(tempfile.mkdtemp(prefix="almagest-export-"))
    gopher = free_port()
    gemini = free_port()
    server = Server(folder, ROOT / "capsule", "--host", "localhost", "--reader-ports", str(gemini), "--gopher-port", str(gopher),
                    "--gopher", f"127.0.0.1:{gopher}")
    server.gopher_port = gopher
    server.reader_port = gemini
    status, out, complaint = run("export", folder / "copy", "-c", ROOT / "capsule", "--host", "localhost",
                                 "--reader-ports", gemini, "--gopher-port", gopher)
    assert (status, complaint) == (0, ""), complaint
    folder.chmod(0o755)
    bundles_made(server)
    yield server, folder / "copy"
    assert server.end() == 0
    shutil.rmtree(folder)


def paths_of(server):
    """All pages, as urls.txt of the live server names them."""
    urls = server.ask(f"gemini://localhost:{server.reader_port}/mirror/urls.txt\r\n".encode()).text.splitlines()
    assert all(url.startswith(f"gemini://localhost:{server.reader_port}/") for url in urls)
    return [urlsplit(url).path for url in urls]


def live(server, path):
    return server.ask(f"gemini://localhost:{server.reader_port}{path}\r\n".encode())


# ---- other servers ----

def test_molly_brown_serves_every_page_as_almagest_does(both, tmp_path):
    server, copy = both
    other = MollyBrown(tmp_path, copy)
    try:
        paths = paths_of(server) + ["/mirror/index.gmi", "/mirror/manifest.txt", "/mirror/urls.txt", "/mirror/directory.gpub",
                                    "/mirror/directory.tar.gz", "/capsule.yaml", "/pages/about.gmi"]
        assert len(paths) > 300
        for path in paths:
            with Client(other.port) as client:
                client.shake_hands()
                client.send(f"gemini://localhost:{other.port}{path}\r\n".encode())
                pieces = []
                while piece := client.read():
                    pieces.append(piece)
            data = b"".join(pieces)
            ours = live(server, path)
            header, _, body = data.partition(b"\r\n")
            assert header[:2] == b"20" and ours.status == "20", (path, header)
            assert body == ours.body, path
    finally:
        other.end()


def lines_of(menu):
    """Items of a menu; an info line leads nowhere, whatever its server says of where, and the root has two names."""
    items = [line.split("\t") for line in menu.decode().split("\r\n") if line and line != "."]
    return [item[:1] if item[0].startswith("i") else [part or "/" for part in item] for item in items]


def selector_of(path):
    return re.sub(r"(/index)?\.gmi$", "", path)


def test_gophernicus_serves_every_menu_and_text_as_almagest_does(both):
    server, copy = both
    other = Gophernicus(str(copy))
    try:
        checked = 0
        for path in paths_of(server) + ["/mirror/index.gmi", "/mirror/manifest.txt"]:
            selector = selector_of(path)
            ours, theirs = ask_gopher(server.gopher_port, selector), ask_gopher(other.port, selector)
            theirs = theirs.replace(b"\t%d\r\n" % other.port, b"\t%d\r\n" % server.gopher_port)
            if path.endswith(".gmi"):
                assert lines_of(theirs) == lines_of(ours), selector
            else:
                # gophernicus closes a text with a dot of its own and leaves line ends alone
                assert theirs.replace(b"\r\n", b"\n").removesuffix(b".\n") == ours.replace(b"\r\n", b"\n"), selector
            checked += 1
        assert checked > 300
        assert ask_gopher(other.port, "/mirror/directory.gpub") == (copy / "mirror/directory.gpub").read_bytes()
    finally:
        other.end()


def test_what_cannot_be_copied_says_where_the_live_one_is(both):
    server, copy = both
    for path in LIVE:
        text = (copy / path[1:]).read_text()
        assert f"=> gemini://localhost:{server.reader_port}{path} " in text
    gophermap = (copy / "search/gophermap").read_text()
    assert f"7Search\t/search\tlocalhost\t{server.gopher_port}\n" in gophermap
    assert f"\t/random\tlocalhost\t{server.gopher_port}\n" in (copy / "random/gophermap").read_text()


def test_every_link_of_the_copy_leads_to_a_file_of_it(both):
    _, copy = both
    for page in copy.rglob("*.gmi"):
        if page.is_relative_to(copy / "pages"):
            continue
        for line in page.read_text().splitlines():
            link = re.match(r"=>\s*(\S+)", line)
            if link and not urlsplit(link[1]).scheme:
                assert (page.parent / unquote(link[1])).is_file(), (page, line)


def test_every_line_of_a_gophermap_holds_a_tab_and_no_dot_closes_it(both):
    _, copy = both
    maps = list(copy.rglob("gophermap"))
    assert len(maps) > 100
    for path in maps:
        lines = path.read_text().splitlines()
        assert lines and all("\t" in line for line in lines), path
        assert (path.parent / "index.gph").exists() and not path.stat().st_mode & 0o111


def test_index_gph_is_what_geomyidae_reads(both):
    server, copy = both
    text = (copy / "index.gph").read_text()
    assert f"[1|Everyone, A to Z ({PEOPLE} people)|/people|server|port]\n" in text
    assert f"[7|Search|/search|localhost|{server.gopher_port}]\n" in text
    assert "\t" not in text
    for line in text.splitlines():
        assert not line.startswith("t") or line.startswith("tt") or line[1:2] in "t[", line


# ---- a folder that is kept current ----

@pytest.fixture
def capsule(tmp_path):
    return write(tmp_path / "capsule", {"capsule.yaml": "title: Small\n", "files/notes.txt": "Ré\n", **people(9)})


def test_an_export_again_writes_nothing(capsule, tmp_path):
    assert run("export", tmp_path / "copy", "-c", capsule)[0] == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("*")}
    status, out, _ = run("export", tmp_path / "copy", "-c", capsule)
    assert status == 0 and ", 0 written, 0 removed" in out
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("*")} == before


def test_a_change_is_written_and_what_is_gone_is_removed_and_the_whole_is_as_new(capsule, tmp_path):
    run("export", tmp_path / "copy", "-c", capsule)
    (capsule / "people/person-00004.yaml").unlink()
    write(capsule, {"people/person-00005.yaml": "name: Somebody Else\ntagline: Came later\n"})
    (capsule / "files/notes.txt").unlink()
    (tmp_path / "copy/stray.txt").write_text("not of the directory")
    (tmp_path / "copy/.git").mkdir()
    (tmp_path / "copy/.git/config").write_text("somebody's")
    status, out, _ = run("export", tmp_path / "copy", "-c", capsule)
    assert status == 0 and not re.search(r", 0 (written|removed)", out)
    run("export", tmp_path / "new", "-c", capsule)
    assert tree(tmp_path / "copy") == tree(tmp_path / "new")
    assert not (tmp_path / "copy/people/person-00004").exists()
    assert not (tmp_path / "copy/files").exists()
    assert (tmp_path / "copy/.git/config").exists()


def test_a_file_takes_the_place_of_a_folder_and_the_other_way_round(capsule, tmp_path):
    run("export", tmp_path / "copy", "-c", capsule)
    shutil.rmtree(tmp_path / "copy/people/person-00001")
    (tmp_path / "copy/people/person-00001").write_text("a file")
    (tmp_path / "copy/people/person-00001.gmi").unlink()
    (tmp_path / "copy/people/person-00001.gmi").mkdir()
    (tmp_path / "copy/people/person-00001.gmi/x").write_text("in the way")
    assert run("export", tmp_path / "copy", "-c", capsule)[0] == 0
    run("export", tmp_path / "new", "-c", capsule)
    assert tree(tmp_path / "copy") == tree(tmp_path / "new")


def test_a_folder_of_somebody_elses_files_is_refused_and_left_alone(capsule, tmp_path):
    write(tmp_path / "home", {"letter.txt": "dear"})
    status, out, complaint = run("export", tmp_path / "home", "-c", capsule)
    assert (status, out) == (1, "") and "is not an export" in complaint
    assert tree(tmp_path / "home") == {"letter.txt": b"dear"}


def test_the_folder_one_stands_in_is_made_from_outside_and_updated_from_inside(capsule, tmp_path):
    (tmp_path / "copy").mkdir()
    status, out, complaint = run("export", ".", "-c", capsule, cwd=tmp_path / "copy")
    assert (status, out) == (1, "") and "name a new folder, or this one from outside" in complaint
    assert list((tmp_path / "copy").iterdir()) == []
    assert run("export", "copy", "-c", capsule, cwd=tmp_path)[0] == 0
    assert run("export", ".", "-c", capsule, cwd=tmp_path / "copy")[0] == 0


@pytest.mark.parametrize("words", [["copy"], ["--tar", "copy.tar.gz"], ["--gempub", "copy.gpub"]])
def test_an_export_to_a_full_disk_leaves_what_was_there(capsule, tmp_path, words):
    """A disk that is full is one that refuses more than 4 KiB in a file."""
    write(capsule, {"files/large.bin": bytes(i * i * 31 % 251 for i in range(20000))})
    for there in [["capsule"], ["capsule", words[-1]]]:
        status, _, complaint = run("export", *words, "-c", capsule, cwd=tmp_path, limit="-f 8 && trap '' XFSZ")
        assert status == 1 and "cannot be written: File too large" in complaint
        assert sorted(path.name for path in tmp_path.iterdir()) == there
        assert run("export", *words, "-c", capsule, cwd=tmp_path)[0] == 0
    assert not [path for path in tmp_path.rglob("*almagest*") if path.name != ".almagest-export"]


def test_lynx_opens_the_texts_and_pages_from_disk(capsule, tmp_path):
    assert run("export", tmp_path / "copy", "-c", capsule)[0] == 0
    for name in ["people/person-00001.txt", "index.gmi"]:
        shown = subprocess.run(["lynx", "-dump", "-force_html=off", tmp_path / "copy" / name], capture_output=True, text=True, timeout=20,
                               env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}).stdout
        words = (tmp_path / "copy" / name).read_text().split()
        assert shown.split() == words


@pytest.mark.parametrize("form,there,absent", [
    ("gemini", ["index.gmi", "people/person-00001.gmi", "people/person-00001.txt", "atom.xml", "mirror/manifest.txt"],
     ["gophermap", "people/gophermap", "index.txt"]),
    ("gopher", ["gophermap", "people/person-00001/gophermap", "people/person-00001.txt", "index.gph"],
     ["index.gmi", "people/person-00001.gmi", "index.txt"]),
    ("text", ["index.txt", "people/index.txt", "people/person-00001.txt", "topics/topic-1.txt", "people/person-00001.yaml"],
     ["index.gmi", "gophermap", "mirror/manifest.txt"]),
])
def test_one_form_alone(capsule, tmp_path, form, there, absent):
    assert run("export", tmp_path / "copy", "-c", capsule, "--only", form)[0] == 0
    files = tree(tmp_path / "copy")
    assert set(there) <= set(files) and not set(absent) & set(files)


def test_the_text_is_what_show_prints(capsule, tmp_path):
    run("export", tmp_path / "copy", "-c", capsule, "--only", "text")
    for name in ["index", "topics/topic-1", "people/person-00001"]:
        assert (tmp_path / f"copy/{name}.txt").read_text() == run("show", f"/{name}.gmi", "--as", "text", "-c", capsule)[1]


def test_a_base_stands_in_selectors_and_absolute_addresses(capsule, tmp_path):
    run("export", tmp_path / "copy", "-c", capsule, "--host", "example.org", "--base", "/~ada/")
    assert "1Everyone, A to Z (9 people)\t/~ada/people\n" in (tmp_path / "copy/gophermap").read_text()
    assert (tmp_path / "copy/mirror/urls.txt").read_text().splitlines()[0] == "gemini://example.org/~ada/index.gmi"
    assert "gemini://example.org/~ada/people/person-00001.gmi" in (tmp_path / "copy/people/person-00002.txt").read_text()
    assert "=> people/index.gmi " in (tmp_path / "copy/index.gmi").read_text()


def test_old_addresses_and_withdrawn_profiles_are_pages_that_say_so(tmp_path):
    run("export", tmp_path / "copy", "-c", small_capsule(tmp_path / "capsule"))
    assert "=> ada-lovelace.gmi " in (tmp_path / "copy/people/ada-byron.gmi").read_text()
    assert "Removed at the wish of the person" in (tmp_path / "copy/people/gone-away.gmi").read_text()
    assert not (tmp_path / "copy/people/gone-away.yaml").exists()
    assert not [path for path in (tmp_path / "copy").rglob("*") if "hidden" in path.name or "secret" in str(path.relative_to(tmp_path))]
    assert not (tmp_path / "copy/files/way-out.txt").exists()


@pytest.mark.parametrize("words,says", [
    ([], "usage: almagest export DIR"), (["a", "b"], "usage: almagest export DIR"),
    (["a", "--only", "html"], "--only html: unknown form; expected gemini, gopher or text"),
    (["a", "--base", "x"], "--base x: expected a path"), (["a", "--onyl", "text"], "did you mean --only?"),
])
def test_what_is_mistyped_is_told(tmp_path, words, says):
    status, out, complaint = run("export", *words, cwd=tmp_path)
    assert (status, out) == (2, "") and says in complaint and not list(tmp_path.iterdir())


@pytest.mark.parametrize("server_runs", [True, False], ids=["beside a server", "before a server starts"])
def test_an_export_is_of_one_moment_though_every_record_changes_meanwhile(tmp_path, server_runs):
    people = [f"p{i:03}" for i in range(600)]

    def write_all(tagline):
        write(tmp_path / "capsule", {f"people/{slug}.yaml": f"name: {slug}\ntagline: {tagline}\n" for slug in people})

    def empty_log():  # what a server has changed is then in the file, as far as those who read it let it
        db = sqlite3.connect(tmp_path / "catalog/catalog.db", timeout=0)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.close()

    def pages():  # a new export is made beside its place
        return list((tmp_path / "out").glob("*/people/p*.gmi")) + list((tmp_path / "out").glob(".*/people/p*.gmi"))

    (tmp_path / "out").mkdir()
    write_all("as it was before")
    server = Server(tmp_path, tmp_path / "capsule")
    if not server_runs:
        assert server.end() == 0
        empty_log()
        assert [path.name for path in (tmp_path / "catalog").glob("catalog.db*")] == ["catalog.db"]
    export = subprocess.Popen([ALMAGEST, "export", tmp_path / "out/copy", "-c", tmp_path / "capsule", "--catalog",
                               tmp_path / "catalog", "--only", "gemini"], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: len(pages()) > 50, pause=0)
        export.send_signal(signal.SIGSTOP)
        written = len(pages())
        if not server_runs:
            (tmp_path / "log").unlink()
            server = Server(tmp_path, tmp_path / "capsule")
        write_all("as it is after")
        wait_for(lambda: all("after" in server.get(f"/people/{slug}.gmi").text for slug in (people[0], people[-1])))
        assert server.end() == 0
        empty_log()
        export.send_signal(signal.SIGCONT)
        assert export.wait(60) == 0
    finally:
        export.kill()
        export.wait()
        server.end()
    assert written < len(people) == len(pages())
    assert {path.name for path in pages() if "as it was before" not in path.read_text()} == set()


# ---- what mostly waits ----

def killed(*words, after=0, once=lambda: True):
    """An export that is ended by kill -9 somewhere, or once something is so; where temporary files usually go is nothing of its own."""
    process = subprocess.Popen([ALMAGEST, "export", *map(str, words)], stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": "/nowhere"})
    time.sleep(after)
    wait_for(lambda: once() or process.poll() is not None, pause=0)
    process.kill()
    process.wait()


def left_over(folder):
    return [path for path in folder.rglob("*almagest*") if path.name != ".almagest-export"]


@beside()
def an_export_that_is_killed_is_there_whole_or_not_at_all_and_the_next_clears_up(folder):
    capsule = write(folder / "capsule", {"capsule.yaml": "title: Small\n", **people(100)})
    began = time.monotonic()
    assert run("export", folder / "whole", "-c", capsule)[0] == 0
    takes, whole = time.monotonic() - began, tree(folder / "whole")
    absent = littered = 0
    for i in range(8):
        killed(folder / "copy", "-c", capsule, after=takes * (i + 1) / 8)
        littered += bool(left_over(folder))
        if (folder / "copy").exists():
            assert tree(folder / "copy") == whole
            shutil.rmtree(folder / "copy")
        else:
            absent += 1
    assert absent > 0 and littered > 0 and run("export", folder / "copy", "-c", capsule)[0] == 0
    assert tree(folder / "copy") == whole and not left_over(folder)


@beside()
def an_update_that_is_killed_is_completed_by_the_next(folder):
    capsule = write(folder / "capsule", {"capsule.yaml": "title: Small\n", **people(60)})
    began = time.monotonic()
    assert run("export", folder / "copy", "-c", capsule)[0] == 0
    takes, littered = time.monotonic() - began, 0
    for i in range(6):
        write(capsule, {"capsule.yaml": f"title: Small {i}\n", **people(10, start=200 + 10 * i)})
        killed(folder / "copy", "-c", capsule, after=takes * (i + 1) / 6)
        littered += bool(left_over(folder))
    assert littered > 0
    for path in ["copy", "whole"]:
        assert run("export", folder / path, "-c", capsule, "--only", "gemini")[0] == 0
    assert tree(folder / "copy") == tree(folder / "whole") and not left_over(folder)


@beside("--tar", "--gempub")
def an_archive_that_is_killed_is_the_old_one_or_the_new(option, folder):
    capsule = write(folder / "capsule", {"capsule.yaml": "title: Small\n", **people(60)})
    file = folder / "archive"

    def made():
        assert run("export", option, file, "-c", capsule)[0] == 0
        return file.read_bytes()

    old = made()
    write(capsule, {"capsule.yaml": "title: Other\n"})
    began = time.monotonic()
    new = made()
    takes = time.monotonic() - began
    assert new != old

    def littered():
        killed(option, file, "-c", capsule, once=lambda: left_over(folder))
        return left_over(folder)

    for i in range(6):
        file.write_bytes(old)
        killed(option, file, "-c", capsule, after=takes * (i + 1) / 6)
        assert file.read_bytes() in (old, new)
    assert made() == new and not left_over(folder)
    wait_for(littered)
    assert made() == new and not left_over(folder)


@beside()
def an_archive_of_large_files_is_made_in_bounded_memory(folder):
    capsule = write(folder / "capsule", {"capsule.yaml": "title: Small\n", **people(3)})
    write(capsule, {"files/large.bin": ""})
    os.truncate(capsule / "files/large.bin", 256 << 20)
    for option, name in [("--tar", "x.tar.gz"), ("--gempub", "x.gpub")]:
        done = run("export", option, folder / name, "-c", capsule,
                   limit=f"-d {96 << 10}")
        assert done[0] == 0, done
    with tarfile.open(folder / "x.tar.gz") as tar:
        assert tar.getmember("directory/files/large.bin").size == 256 << 20


@beside()
def on_a_terminal_a_long_export_tells_how_far_it_is(folder):
    capsule = write(folder / "capsule", {"capsule.yaml": "title: Small\n", **people(3000)})
    ours, its = pty.openpty()
    process = subprocess.Popen([ALMAGEST, "export", folder / "copy", "-c", capsule], stdout=subprocess.DEVNULL, stderr=its,
                               env={**os.environ, "TMPDIR": str(folder)})
    os.close(its)
    wait_for(lambda: len(list(folder.iterdir())) > 1, pause=0.001)
    process.send_signal(signal.SIGSTOP)  # however fast the machine: a second passes
    time.sleep(1.1)
    process.send_signal(signal.SIGCONT)
    told = b""
    try:
        while piece := os.read(ours, 4096):
            told += piece
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0 and re.search(rb"\r\d+ files ", told) and told.endswith(b"\r\x1b[K")


@pytest.mark.parametrize("name", beside.rows)
def test_beside(running, name):
    running[name].result(90)

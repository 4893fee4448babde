"""What /mirror/ offers: manifest, addresses, a Gempub and an archive, made in the background, the same on every machine."""

import io
import os
import re
import sqlite3
import subprocess
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from capsule import ALMAGEST, ROOT, Server, free_port, wait_for, write
from conftest import small_capsule
from mirrors import Beside, ask_gopher, bundles_made, people, run, sha256, tree


beside = Beside()


@pytest.fixture(scope="module", autouse=True)
def running(request, tmp_path_factory):
    with beside.running(request, tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="module")
def offering(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offering")
    gopher = free_port()
    server = Server(folder, small_capsule(folder / "capsule"), "--gopher", f"127.0.0.1:{gopher}")
    server.gopher_port = gopher
    bundles_made(server)
    yield server
    assert server.end() == 0


def rows_of(text):
    head, _, lines = text.partition("\n\n")
    for line in lines.splitlines():
        sum_, size, rest = line.split(" ", 2)
        path, _, url = rest.partition("\t")
        yield path, int(size), sum_, url or "/" + path


# ---- the pages ----

def test_the_page_says_size_and_hash_of_what_it_offers_in_half_a_screen(offering):
    page = offering.get("/mirror/").text
    for name in ["directory.gpub", "directory.tar.gz"]:
        body = offering.get(f"/mirror/{name}").body
        assert f"=> {name} {name}, " in page and f"\n{name}\n{sha256(body)}\n" in page
    assert f"almagest mirror gemini://localhost:{offering.port}/ FOLDER" in page
    assert sha256(offering.get("/mirror/manifest.txt").body)[:16] in page
    assert len(page.splitlines()) <= 25 and all(len(line) <= 80 for line in page.splitlines())


@pytest.mark.parametrize("path,mime", [("directory.gpub", "application/gpub+zip"), ("directory.tar.gz", "application/gzip"),
                                       ("manifest.txt", "text/plain; charset=utf-8"), ("urls.txt", "text/plain; charset=utf-8")])
def test_types(offering, path, mime):
    assert offering.get(f"/mirror/{path}").meta == mime


def test_gopher_has_them_as_binary_items_and_texts(offering):
    menu = ask_gopher(offering.gopher_port, "/mirror").decode()
    types = {line.split("\t")[1]: line[0] for line in menu.splitlines() if line.count("\t") == 3}
    assert types["/mirror/directory.gpub"] == types["/mirror/directory.tar.gz"] == "9"
    assert types["/mirror/manifest.txt"] == types["/mirror/urls.txt"] == "0"
    assert ask_gopher(offering.gopher_port, "/mirror/directory.gpub") == offering.get("/mirror/directory.gpub").body


@pytest.mark.parametrize("path", ["/mirror/.facts", "/mirror/../catalog.db", "/mirror/x/y", "/mirror/nothing.txt", "/local.yaml",
                                  "/people/draft.yaml", "/mirror/withdrawn/people/ada-lovelace.yaml", "/secret.txt", "/people/../local.yaml"])
def test_nothing_else_is_there(offering, path):
    assert offering.get(path).status == "51"


# ---- the manifest ----

def test_the_manifest_names_every_file_that_others_need_and_says_what_is_served(offering):
    text = offering.get("/mirror/manifest.txt").text
    rows = list(rows_of(text))
    assert {path for path, *_ in rows} == {
        "capsule.yaml", "people/ada-lovelace.yaml", "people/charles-babbage.yaml", "people/gone-away.yaml", "people/to-be-removed.yaml",
        "files/paper.pdf", "files/notes.txt", "files/folder/inner.png", "files/3mib.bin", "files/10mib.bin"}
    assert [path for path, *_ in rows] == sorted(path for path, *_ in rows)
    assert text.startswith(f"almagest-manifest 1\nfiles {len(rows)}\nbytes {sum(size for _, size, *_ in rows)}\nparts 0\n\n")
    for path, size, sum_, url in rows:
        body = offering.get(url).body
        assert (len(body), sha256(body)) == (size, sum_) and body == (offering.capsule / path).read_bytes()


def test_urls_are_absolute_one_a_line_and_every_one_answers(offering):
    urls = offering.get("/mirror/urls.txt").text.splitlines()
    assert len(urls) == len(set(urls)) > 15
    for url in urls:
        assert offering.ask(url.encode() + b"\r\n").status == "20", url
    for path in ["/index.gmi", "/people/index.gmi", "/people/ada-lovelace.txt", "/topics/analytical-engine.gmi", "/files/notes.txt", "/atom.xml"]:
        assert offering.url(path) in urls


def test_a_crawl_from_home_finds_what_urls_txt_lists_and_no_more(offering):
    listed = {urlsplit(url).path for url in offering.get("/mirror/urls.txt").text.splitlines()}
    found, left = set(), ["/index.gmi"]
    while left:
        path = left.pop()
        if path in found or path in ("/search.gmi", "/connect.gmi", "/random.gmi") or path.startswith("/mirror/"):
            continue
        found.add(path)
        answer = offering.get(path)
        assert answer.status == "20", path
        if not answer.meta.startswith("text/gemini"):
            continue
        for link in re.findall(r"(?m)^=>\s*(\S+)", answer.text):
            if not urlsplit(link).scheme:
                parts = path.split("/")[1:-1]
                for step in link.split("/"):
                    parts = parts[:-1] if step == ".." else parts + [step]
                left.append("/" + "/".join(parts))
    unlinked = {path for path in listed if path.startswith("/files/")} | {"/robots.txt", "/favicon.txt"}
    assert listed - unlinked == found - unlinked


@pytest.mark.parametrize("files,warning", [
    (["files/Paper.pdf", "files/paper.PDF"],
     "files/paper.PDF:1:1: warning: on disks that do not tell case apart this is files/Paper.pdf, too: mirrors refuse the directory; "
     "rename one of the two"),
    (["files/Größe", "files/GRÖSSE/x"], "files/Größe:1:1: warning: on disks that do not tell case apart this is files/GRÖSSE/x, too:"),
    (["files/Docs/a", "files/docs/b", "files/docs2"], ""),
    (["people/Ab/ada.yaml"], "people/Ab/ada.yaml:1:1: warning: lies in a folder whose name is no slug"),
    (["files/a\u200bb"], ": warning: holds a control, hidden or backslash character: mirrors refuse the directory; rename it"),
    ([f"files/{'é' * 90}/{'é' * 76}.gz"],
     ".gz:1:1: warning: its address has 1025 bytes, and a request holds 1024: nobody can ask for it; give it a shorter name"),
    ([f"files/{'é' * 90}/{'é' * 76}.c"], ".c:1:1: warning: is too long in an address: mirrors go without the file; rename it"),
    ([f"files/{'x' * 200}/{'x' * 200}.txt"], ".txt:1:1: warning: is too long: mirrors go without the file; rename it"),
    ([f"files/{'x' * 190}/{'x' * 190}.txt"], ""),
])
def test_check_tells_names_that_nobody_can_ask_for_or_mirrors_cannot_have(tmp_path, files, warning):
    capsule = write(tmp_path / "capsule", {"capsule.yaml": "title: Small\n",
                                           **{path: "name: Ada\ntagline: x\n" if path.endswith(".yaml") else "" for path in files}})
    status, told, _ = run("check", "-c", capsule, "--host", "h.example")
    assert (status, told.count("warning: ")) == (0, 1 if warning else 0) and warning in told


# ---- the Gempub ----

def test_the_gempub_is_one(offering):
    book = zipfile.ZipFile(io.BytesIO(offering.get("/mirror/directory.gpub").body))
    assert book.testzip() is None
    names = set(book.namelist())
    assert len(names) == len(book.namelist()) and all(name.isascii() and " " not in name for name in names)
    metadata = dict(line.split(": ", 1) for line in book.read("metadata.txt").decode().splitlines())
    assert metadata["title"] == "A Small Directory" and metadata["gpubVersion"] == "1.0.0" and metadata["index"] == "contents.gmi"
    assert metadata["language"] == "en" and metadata["charset"] == "UTF-8" and metadata["revisionDate"] == "2026-01-03"
    contents = book.read("contents.gmi").decode()
    links = re.findall(r"(?m)^=> (\S+) (.+)$", contents)
    assert [link for link, _ in links][:2] == ["index.gmi", "people/index.gmi"]
    assert len({link for link, _ in links}) == len(links) and all(link in names and label for link, label in links)
    people_in = [link for link, _ in links if re.fullmatch(r"people/(?!index).*", link)]
    assert people_in == ["people/charles-babbage.gmi", "people/ada-lovelace.gmi", "people/to-be-removed.gmi"], "A to Z by last name"


def test_every_link_of_the_book_leads_to_a_page_of_it(offering):
    book = zipfile.ZipFile(io.BytesIO(offering.get("/mirror/directory.gpub").body))
    for name in book.namelist():
        if not name.endswith(".gmi"):
            continue
        for link in re.findall(r"(?m)^=>\s*(\S+)", book.read(name).decode()):
            if urlsplit(link).scheme:
                continue
            parts = name.split("/")[:-1]
            for step in unquote(link).split("/"):
                parts = parts[:-1] if step == ".." else parts + [step]
            assert "/".join(parts) in book.namelist(), (name, link)


def test_pages_of_the_book_are_those_that_are_served(offering):
    book = zipfile.ZipFile(io.BytesIO(offering.get("/mirror/directory.gpub").body))
    for path in ["index.gmi", "people/ada-lovelace.gmi", "people/ada-lovelace.bib", "topics/index.gmi", "files/3mib.bin"]:
        assert book.read(path) == offering.get("/" + path).body


# ---- the archive ----

def test_the_archive_holds_pages_and_records_and_is_a_capsule(offering, tmp_path):
    tar = tarfile.open(fileobj=io.BytesIO(offering.get("/mirror/directory.tar.gz").body))
    members = tar.getmembers()
    assert all(m.isfile() and m.mode == 0o644 and m.uid == m.gid == 0 and not m.uname and not m.gname and m.mtime == 315532800 for m in members)
    assert all(m.name.startswith("directory/") for m in members)
    tar.extractall(tmp_path)
    folder = tmp_path / "directory"
    assert (folder / "people/ada-lovelace.gmi").read_bytes() == offering.get("/people/ada-lovelace.gmi").body
    assert run("check", "-c", folder)[2] == ""
    assert run("show", "/people/ada-lovelace.gmi", "-c", folder)[1] == offering.get("/people/ada-lovelace.gmi").text
    for path, _, sum_, _ in rows_of(offering.get("/mirror/manifest.txt").text):
        assert sha256((folder / path).read_bytes()) == sum_


def test_tar_unpacks_it_without_a_word_whatever_the_names(tmp_path):
    capsule = write(tmp_path / "capsule", {"files/Ünï çode.txt": "x", "files/" + "long-" * 40 + "name.txt": "y", **people(3)})
    assert run("export", "--tar", tmp_path / "x.tar.gz", "-c", capsule)[0] == 0
    done = subprocess.run(["tar", "-xzf", "x.tar.gz"], cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tree(tmp_path / "directory/files") == tree(capsule / "files")


# ---- the same everywhere ----

def test_they_are_the_same_whoever_makes_them_wherever_and_whenever(tmp_path):
    a, b = small_capsule(tmp_path / "a"), small_capsule(tmp_path / "b")
    for path in b.rglob("*"):
        subprocess.run(["touch", "-h", "-d", "2001-02-03", path], check=True)
    made = []
    for capsule, zone in [(a, "Asia/Tokyo"), (b, "America/Lima"), (a, "UTC")]:
        out = tmp_path / zone.replace("/", "-")
        out.mkdir()
        status, _, complaint = run("export", "--gempub", out / "x.gpub", "--tar", out / "x.tar.gz", "-c", capsule, "--host", "h.example",
                                   env={"TZ": zone, "PATH": "/usr/bin:/bin", "LC_ALL": "C" if zone == "UTC" else "C.UTF-8"})
        assert (status, complaint) == (0, "")
        made.append(tree(out))
    assert made[0] == made[1] == made[2]


# ---- what mostly waits ----

@beside()
def a_record_that_is_broken_now_is_in_the_manifest_as_it_serves(folder):
    capsule = write(folder / "capsule", {"people/ada.yaml": "name: Ada\ntagline: Good\n", "people/bob.yaml": "name: Bob\ntagline: x\n"})
    server = Server(folder, capsule)
    try:
        generation = bundles_made(server)
        write(capsule, {"people/ada.yaml": "name: Ada\n", "people/bob.yaml": "name: Bob\ntagline: y\n"})
        server.reload()
        wait_for(lambda: bundles_made(server) != generation, 20)
        rows = {path: sum_ for path, _, sum_, _ in rows_of(server.get("/mirror/manifest.txt").text)}
        assert rows["people/ada.yaml"] == sha256(b"name: Ada\ntagline: Good\n")
        assert rows["people/bob.yaml"] == sha256(b"name: Bob\ntagline: y\n")
    finally:
        server.end()


@beside()
def who_downloads_the_old_one_gets_all_of_it(folder):
    capsule = small_capsule(folder / "capsule")
    server = Server(folder, capsule)
    try:
        generation = bundles_made(server)
        before = server.get("/mirror/directory.tar.gz").body
        with server.client(receive=4096) as client:
            client.shake_hands()
            client.send(server.url("/mirror/directory.tar.gz").encode() + b"\r\n")
            first = client.read()
            write(capsule, {"people/new.yaml": "name: New\ntagline: x\n"})
            server.reload()
            wait_for(lambda: bundles_made(server) != generation, 20)
            pieces = [first]
            while piece := client.read():
                pieces.append(piece)
            assert b"".join(pieces).partition(b"\r\n")[2] == before
        assert server.get("/mirror/directory.tar.gz").body != before
    finally:
        server.end()


@beside()
def edits_leave_the_log_while_bundles_are_being_made(folder):
    """Bundles of a large directory take an hour: nobody reads the catalog of before for so long."""
    capsule = small_capsule(folder / "capsule")
    server = Server(folder, capsule)
    try:
        wait_for(lambda: (folder / "catalog/mirror/urls.txt").exists(), 20)
        write(capsule, {"people/new.yaml": "name: New\ntagline: x\n"})
        wait_for(lambda: server.get("/people/new.gmi").status == "20", 20)
        assert not (folder / "catalog/mirror/directory.gpub").exists(), "they were made before there was anything to see"
        with sqlite3.connect(folder / "catalog/catalog.db", timeout=0) as db:
            wait_for(lambda: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, 1)
    finally:
        server.end()


@beside()
def a_directory_too_large_for_one_bundle_has_one_for_each_letter(folder):
    capsule = write(folder / "capsule", {"capsule.yaml": "title: Large\n", "files/noise.bin": bytes(i * i * 31 % 251 for i in range(1500000)),
                                           **people(6), "people/zoe.yaml": "name: Zoe\ntagline: Last\n"})
    server = Server(folder, capsule, "--bundle-mib", "1")
    try:
        bundles_made(server)
        page = server.get("/mirror/").text
        assert "one for each first letter" in page and "directory.gpub" not in page
        names = re.findall(r"(?m)^=> (directory\S+)", page)
        assert {"directory-index.tar.gz", "directory-p.tar.gz", "directory-z.tar.gz", "directory-z.gpub"} <= set(names)
        for name in names:
            body = server.get(f"/mirror/{name}").body
            assert f"\n{name}\n{sha256(body)}\n" in page
            if name.endswith(".tar.gz"):
                tarfile.open(fileobj=io.BytesIO(body)).extractall(folder / "whole")
        assert run("export", folder / "export", "-c", capsule, "--only", "gemini", "--host", "localhost", "--reader-ports", server.port)[0] == 0
        ours = {path: data for path, data in tree(folder / "whole/directory").items() if not path.startswith("mirror/")}
        assert ours == {path: data for path, data in tree(folder / "export").items() if not path.startswith("mirror/")}
        assert server.get("/mirror/directory.gpub").status == "51"
    finally:
        server.end()


@beside()
def addresses_past_twenty_thousand_come_in_parts_of_which_a_new_page_changes_one(folder):
    capsule = write(folder / "capsule", {
        f"people/p{i}.yaml": f"name: P{i}\ntagline: x\ntopics: {[f't{i} {k}' for k in range(12)]}\n"
                             f"organizations: {[f'o{i} {k}' for k in range(8)]}\n" for i in range(900)})
    parts = ["urls-0.txt", "urls-1.txt"]

    def made():
        assert run("export", folder / "copy", "-c", capsule, "--only", "gemini", "--host", "h.example", seconds=120)[0] == 0
        assert (folder / "copy/mirror/urls.txt").read_text().splitlines() == [
            "# 2 lists of addresses", *(f"gemini://h.example/mirror/{name}" for name in parts)]
        return [(folder / "copy/mirror" / name).read_text().splitlines() for name in parts]

    before = made()
    urls = [url for part in before for url in part]
    assert len(urls) == len(set(urls)) > 20000 and all(len(part) < 20000 for part in before)
    assert all((folder / "copy" / urlsplit(url).path[1:]).is_file() for url in urls)
    write(capsule, {"people/p77-junior.yaml": "name: P77 Junior\ntagline: x\n"})
    new = [sorted(set(after) - set(part)) for part, after in zip(before, made())]
    assert [] in new and {f"gemini://h.example/people/p77-junior.{form}" for form in ("gmi", "txt", "yaml")} <= {*new[0], *new[1]}
    assert not list((folder / "copy").glob(".almagest-w*"))


@beside()
def libarchive_is_in_no_memory_of_who_answers(folder):
    server = Server(folder, small_capsule(folder / "capsule"))
    try:
        maps = [Path(f"/proc/{pid}/maps").read_text() for pid in [server.process.pid, *server.workers()]]
        assert len(maps) == 3 and all("libcrypto" in text and "libarchive" not in text for text in maps)
    finally:
        server.end()


@beside()
def without_libarchive_files_are_fetched_one_by_one_and_no_bundles_are_offered(folder):
    write(folder / "lib", {"libarchive.so.13": "no library", "libarchive.so": "nor this"})
    without = {**os.environ, "LD_LIBRARY_PATH": str(folder / "lib")}
    server = Server(folder, write(folder / "capsule", people(40)), env=without)
    try:
        wait_for(lambda: re.search(r"bundles: libarchive: .*libarchive\.so.*; bundles need it \(in Debian", server.log), 30)
        assert server.get("/mirror/directory.gpub").status == "51"
    finally:
        assert server.end() == 0
    (folder / "log").unlink()
    server = Server(folder, folder / "capsule")
    try:
        bundles_made(server)
        for env in (None, without):
            status, _, complaint = run("mirror", server.url(), folder / f"copy-{len(env or [])}", env=env)
            assert status == 0 and ("files are fetched one by one" in complaint) == (env is not None), complaint
        first, second = (tree(copy) for copy in folder.glob("copy-*"))
        assert first == second and len(first) == 40
    finally:
        assert server.end() == 0


@pytest.mark.parametrize("name", beside.rows)
def test_beside(running, name):
    running[name].result(90)

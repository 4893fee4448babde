"""The programs that people read Gopher and finger with, on a terminal of 80 columns."""

import os
import re
import socket
import subprocess
import threading
import time

import pytest

from capsule import PEOPLE
from gopher_server import Server, menu_of, read_all, width

EVERYONE = f"Everyone, A to Z ({PEOPLE} people)"
ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def run(home, *words, **more):
    """What a program prints; one that is missing or complains fails the test."""
    done = subprocess.run(words, capture_output=True, timeout=20, env={**ENVIRONMENT, "HOME": str(home)}, **more)
    assert done.returncode == 0, (words, done.returncode, done.stderr)
    return done.stdout


class Terminal:
    """A program in a terminal of its own: 80 columns, 24 rows."""

    def __init__(self, home, *words):
        self.tmux = ["tmux", "-u", "-S", str(home / "tmux"), "-f", os.devnull]
        self.env = {**ENVIRONMENT, "HOME": str(home)}
        self.do("new-session", "-d", "-x", "80", "-y", "24", *words)
        self.shown = ""

    def do(self, *words):
        return subprocess.run([*self.tmux, *words], capture_output=True, text=True, timeout=10, check=True, env=self.env).stdout

    def keys(self, *keys):
        self.do("send-keys", *keys)

    def type(self, text):
        self.do("send-keys", "-l", text)

    def wait(self, *texts, gone=()):
        """The screen, as soon as all of these are on it."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self.shown = self.do("capture-pane", "-p")
            if all(t in self.shown for t in texts) and not any(t in self.shown for t in gone):
                assert "null.host" not in self.shown
                return self.shown
            time.sleep(0.05)
        raise AssertionError(f"not shown: {texts}\n{self.shown}")

    def end(self):
        subprocess.run([*self.tmux, "kill-server"], capture_output=True, timeout=10)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    s = Server(tmp_path_factory.mktemp("clients"))
    yield s
    assert s.end() == 0


@pytest.fixture
def start(tmp_path):
    terminals = []

    def begin(*words):
        terminals.append(Terminal(tmp_path, *words))
        return terminals[-1]

    yield begin
    for t in terminals:
        t.end()


def whole_lines(server, selector, screen, least):
    """At least so many info lines of a menu stand whole on the screen, one beneath the other."""
    lines = [i.name for i in menu_of(server.get(selector)) if i.type == "i" and len(i.name) > 50]
    rows = iter([row.strip(" |") for row in screen.split("\n")])
    n = 0
    for line in lines:
        if line.strip() not in rows:  # looks on from where the last one was
            break
        n += 1
    assert n >= least, (lines[n], screen)


# ---- lynx ----

def lynx(server, home, path):
    return run(home, "lynx", "-dump", "-width=80", "-display_charset=UTF-8", f"gopher://localhost:{server.port}{path}").decode()


def test_lynx_reads_the_root(server, tmp_path):
    text = lynx(server, tmp_path, "/")
    assert "A Directory of Machine Learning Researchers" in text and EVERYONE in text
    assert f"gopher://localhost:{server.port}/1/people" in text and f"gopher://localhost:{server.port}/7/search" in text


def test_lynx_reads_a_profile_whole(server, tmp_path):
    text = lynx(server, tmp_path, "/1/people/christopher-re")
    assert "Christopher Ré" in text
    whole_lines(server, "/people/christopher-re", text, 40)
    for i in menu_of(server.get("/people/christopher-re")):
        assert i.name.strip() in text, i.name


def test_lynx_reads_a_text_a_topic_and_the_changes(server, tmp_path):
    text = lynx(server, tmp_path, "/0/people/tri-dao.txt")
    assert text.startswith("Tri Dao\n=======\n") and not text.rstrip().endswith("\n.")
    assert "Tri Dao: " in lynx(server, tmp_path, "/1/topics/efficient-attention")
    assert "Recent" in lynx(server, tmp_path, "/1/changes") or "Changes" in lynx(server, tmp_path, "/1/changes")


def test_lynx_searches(server, tmp_path):
    text = lynx(server, tmp_path, "/7/search?r%C3%A9")
    assert "Christopher Ré" in text


# ---- curl ----

def curl(home, *words):
    return run(home, "curl", "-s", "-S", "--max-time", "10", *words)


def test_curl_over_gopher(server, tmp_path):
    assert curl(tmp_path, f"gopher://localhost:{server.port}/") == server.get("")
    assert curl(tmp_path, f"gopher://localhost:{server.port}/1/people/tri-dao") == server.get("/people/tri-dao")
    assert curl(tmp_path, f"gopher://localhost:{server.port}/0/people/tri-dao.yaml") == server.get("/people/tri-dao.yaml")
    assert curl(tmp_path, f"gopher://localhost:{server.port}/7/search%09r%C3%A9") == server.get("/search\tré")
    assert curl(tmp_path, f"gopher://localhost:{server.port}/hURL:https://example.org/").startswith(b"<!DOCTYPE html>")


def test_curl_over_gophers(server, tmp_path):
    for path, selector in ("", ""), ("1/people/tri-dao", "/people/tri-dao"), ("1/nobody", "/nobody"):
        assert curl(tmp_path, "-k", f"gophers://localhost:{server.port}/{path}") == server.get(selector)


def test_curl_verifies_the_certificate(server, tmp_path):
    certs = server.log_path.parent / "certs"
    made = [f for f in certs.rglob("*") if f.is_file() and b"BEGIN CERTIFICATE" in f.read_bytes() and "localhost" in str(f)]
    assert made
    assert curl(tmp_path, "--cacert", str(made[0]), f"gophers://localhost:{server.port}/1/people") == server.get("/people")


def test_curl_over_http(server, tmp_path):
    assert b"This is a Gopher server" in curl(tmp_path, f"http://localhost:{server.port}/")
    assert b"200 OK" in curl(tmp_path, "-I", f"http://localhost:{server.port}/")
    assert b"This is a Gopher server" in curl(tmp_path, "-d", "x=1", f"http://localhost:{server.port}/form")


# ---- sacc ----

def test_sacc_reads_a_profile(server, start):
    t = start("sacc", f"gopher://localhost:{server.port}/1/people/tri-dao")
    whole_lines(server, "/people/tri-dao", t.wait("Tri Dao", "The second line of work"), 10)


def sacc_find(t, text):
    """Puts the cursor on a line, as its search does."""
    t.type("/")
    t.wait("Search for:")
    t.type(text)
    t.wait("Search for: " + text)
    t.keys("Enter")
    t.wait(gone=["Search for:"])


def test_sacc_goes_from_the_root_to_a_topic(server, start):
    t = start("sacc", f"gopher://localhost:{server.port}")
    t.wait("Search", EVERYONE, "deep learning")
    sacc_find(t, "deep")
    t.keys("Enter")
    t.wait("/topics/deep-learning", "Geoffrey Hinton")


def test_sacc_searches(server, start):
    t = start("sacc", f"gopher://localhost:{server.port}")
    t.wait("Search")
    sacc_find(t, "Search")
    t.keys("Enter")
    t.wait("Enter search string")
    t.type("ré")
    t.wait("[]: ré")
    t.keys("Enter")
    t.wait("Christopher Ré:")


# ---- bombadillo ----

def test_bombadillo_reads_the_root_and_follows_a_link(server, start):
    t = start("bombadillo", f"gopher://localhost:{server.port}")
    screen = t.wait("A Directory of Machine Learning Researchers", "Search", EVERYONE)
    number = re.search(r"\[(\d+)\].*Everyone", screen).group(1)
    t.type(number)
    t.wait("Pieter Abbeel")


def test_bombadillo_reads_a_profile(server, start):
    t = start("bombadillo", f"gopher://localhost:{server.port}/1/people/tri-dao")
    whole_lines(server, "/people/tri-dao", t.wait("Tri Dao", "The second line of work"), 10)


def test_bombadillo_sends_a_selector_percent_encoded(server, start):
    t = start("bombadillo", f"gopher://localhost:{server.port}/1/people%2Ftri-dao")
    t.wait("Makes long sequences affordable")


def test_bombadillo_shows_an_error(server, start):
    t = start("bombadillo", f"gopher://localhost:{server.port}/1/nobody")
    t.wait("Not found: /nobody", "Home")


# ---- gopher(1) ----

def umn(server, start, *words):
    t = start("gopher", *words, "localhost", str(server.port))
    deadline = time.monotonic() + 10
    while "Page: 1/" not in t.shown and time.monotonic() < deadline:
        t.shown = t.do("capture-pane", "-p")
        if "Press RETURN" in t.shown:
            t.keys("Enter")
        time.sleep(0.1)
    return t


def test_gopher_1_opens_the_root_and_reads_on(server, start):
    t = umn(server, start)
    t.wait("A Directory of Machine Learning Researchers/")
    t.keys("Enter")
    whole_lines(server, "", t.wait("Search <?>", EVERYONE + "/"), 3)
    t.keys("Down", "Enter")
    t.wait("Pieter Abbeel")


def test_gopher_1_searches_without_accents(server, start):
    t = umn(server, start)
    t.wait("A Directory of Machine Learning Researchers/")
    t.keys("Enter")
    t.wait("Search <?>")
    t.keys("Enter")
    t.wait("Words to search for")
    t.type("re")
    t.keys("Enter")
    t.wait("Christopher R")


# ---- finger(1) ----

def may_have_79():
    try:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", 79))
        return True
    except OSError:
        return False


class Door:
    """Port 79 of the loopback, leading to the server; finger(1) knows no other."""

    def __init__(self, port):
        self.port, self.door = port, socket.create_server(("127.0.0.1", 79), backlog=16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.door.accept()[0]
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self.port), 10) as s:
                query = b""
                while not query.endswith(b"\n") and (piece := client.recv(1024)):
                    query += piece
                s.sendall(query)
                client.sendall(read_all(s))

    def end(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


@pytest.fixture
def finger(server, tmp_path):
    """finger(1) where port 79 can be had; where it cannot, the bytes that it sends."""
    if not may_have_79():
        def bytes_of(*words):
            query = words[-1].rpartition("@")[0]
            return server.finger(("/W " if "-l" in words else "") + query).decode()
        yield bytes_of
        return
    door = Door(server.finger_port)
    yield lambda *words: run(tmp_path, "finger", *words).decode().replace("\r", "")
    door.end()


def test_finger_is_installed():
    assert subprocess.run(["finger", "-l", "root"], capture_output=True, timeout=10).returncode == 0


@pytest.mark.parametrize("query,expected", [("tri-dao", "Tri Dao"), ("dao", "Tri Dao"), ("re", "Christopher R"), ("", f"({PEOPLE} people)"),
                                            ("nobody", "Nobody in the directory"), ("a@b", "forwards no queries")])
def test_finger_shows_who_was_asked_for(finger, query, expected):
    text = finger(f"{query}@127.0.0.1")
    assert expected in text
    assert all(width(line) <= 79 or "://" in line for line in text.split("\n"))


def test_finger_l_shows_the_long_form(finger):
    assert "Related Researchers\n----" in finger("-l", "tri-dao@127.0.0.1").replace("\r", "")
    assert f"({PEOPLE} people)" in finger("-l", "@127.0.0.1")

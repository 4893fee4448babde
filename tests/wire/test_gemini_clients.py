"""The programs that people read Gemini with, on a terminal of 80 columns."""

import subprocess

import pytest

from test_gopher_clients import ENVIRONMENT, Terminal


@pytest.fixture
def open_with(tmp_path):
    terminals = []

    def begin(*words):
        folders = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA")}
        terminals.append(Terminal(tmp_path, "env", *(f"{k}={v}" for k, v in folders.items()), *words))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.end()


TITLE = "A Directory of Machine Learning Researchers"


# ---- amfora ----

def test_amfora_shows_the_directory(directory, open_with):
    terminal = open_with("amfora", directory.url("/"))
    terminal.wait(TITLE, "Everyone, A to Z")


def test_amfora_shows_a_profile(directory, open_with):
    terminal = open_with("amfora", directory.url("/people/tri-dao.gmi"))
    terminal.wait("Tri Dao", "Researcher profile")


def test_amfora_asks_for_the_words_of_a_search(directory, open_with):
    terminal = open_with("amfora", directory.url("/search.gmi"))
    terminal.wait("Search: a name", "Send")
    terminal.type("ré")
    terminal.wait(" ré ")
    terminal.keys("Enter", "Enter")  # to the button, and on it
    terminal.wait("Christopher Ré")


def test_amfora_says_that_a_page_is_not_there(directory, open_with):
    terminal = open_with("amfora", directory.url("/nothing"))
    terminal.wait("Not Found", "Nothing is at this", "home page is")


# ---- bombadillo ----

def test_bombadillo_shows_the_directory(directory, open_with):
    terminal = open_with("bombadillo", directory.url("/"))
    terminal.wait(TITLE)


def test_bombadillo_follows_a_link_to_a_profile(directory, open_with):
    terminal = open_with("bombadillo", directory.url("/people/tri-dao.gmi"))
    terminal.wait("Tri Dao", "Researcher profile")


def test_bombadillo_reads_the_plain_text(directory, open_with):
    terminal = open_with("bombadillo", directory.url("/people/tri-dao.txt"))
    terminal.wait("Tri Dao", "=======")


# ---- openssl ----

def s_client(server, line_end, *options):
    return subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{server.port}", *options],
                          input=server.url("/people/tri-dao.gmi").encode() + line_end,
                          capture_output=True, timeout=20, env=ENVIRONMENT)


def test_s_client_prints_the_page(directory):
    done = s_client(directory, b"\r\n", "-servername", "localhost")
    assert done.stdout.startswith(b"20 text/gemini; lang=en\r\n# Tri Dao\n")
    assert done.stdout == directory.get("/people/tri-dao.gmi").data and done.returncode == 0


def test_s_client_that_converts_line_ends_prints_the_page(directory):
    done = s_client(directory, b"\n", "-crlf")
    assert done.stdout.startswith(b"20 text/gemini; lang=en\r\n# Tri Dao\n")

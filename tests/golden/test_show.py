"""almagest show, the preview of an editor: by path, file, slug or name; on a terminal with bold headings, links to click and
a pager; escape sequences are only ever added, so that what is left without them is what a protocol sends."""

import os
import pty
import re
import subprocess
import time
from pathlib import Path

import pytest

from test_check_forms import on_a_terminal

HERE = Path(__file__).resolve().parent
RICH = HERE / "pages" / "rich"
PAGES = ["/index.gmi", "/people/ada-lovelace.gmi", "/people/index.gmi", "/about.gmi", "/topics/index.gmi"]
ESCAPES = re.compile(rb"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[[0-9;]*m")
ADA = "name: Ada Lovelace\ntagline: Wrote the first program\n"


@pytest.fixture
def capsule(tmp_path):
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "ada-lovelace.yaml").write_text(ADA)
    return tmp_path


def shown(almagest, *words, env=None, rows=40, columns=100):
    """What show writes to a terminal, with every line end as the program wrote it."""
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PAGER": "cat", "SOURCE_DATE_EPOCH": "1780000000", **(env or {})}
    env.pop("NO_COLOR", None)
    done = subprocess.Popen([almagest.path, "show", *map(str, words)], stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=env)
    os.close(slave)
    out = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(master)
    assert done.wait(10) == 0, done.stderr.read()
    done.stderr.close()
    return out


@pytest.mark.parametrize("form", ["gemini", "gopher", "text", "finger"])
@pytest.mark.parametrize("path", PAGES)
def test_a_terminal_sees_what_the_protocol_sends_with_escapes_added(almagest, form, path):
    if form == "finger" and "/people/" not in path:
        path = "/people/alan-turing.gmi"  # finger knows people alone
    plain = almagest.run("show", path, "--as", form, "-c", RICH)[1]
    assert b"\x1b" not in plain
    decorated = shown(almagest, path, "--as", form, "-c", RICH)
    assert ESCAPES.sub(b"", decorated) == plain and decorated != plain


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_who_wants_no_escapes_gets_none(almagest, env):
    if "NO_COLOR" in env:
        master, slave = pty.openpty()
        os.close(master), os.close(slave)
        out = subprocess.run(["script", "-qec", f"{almagest.path} show /index.gmi -c {RICH}", "/dev/null"], capture_output=True,
                             env={**os.environ, "NO_COLOR": "1", "PAGER": "cat", "TERM": "xterm"}, stdin=subprocess.DEVNULL).stdout
    else:
        out = shown(almagest, "/index.gmi", "-c", RICH, env=env)
    assert out and b"\x1b" not in out


def links(out):
    return re.findall(rb"\x1b\]8;;([^\x1b]+)\x1b\\([^\x1b]*)\x1b\]8;;\x1b\\", out)


def test_links_of_a_page_lead_where_they_say(almagest):
    for form in ([], ["--as", "gemini"], ["--as", "text"]):
        found = dict((text.strip(), url) for url, text in links(shown(almagest, "/people/ada-lovelace.gmi", *form, "-c", RICH)))
        assert b"gemini://directory.example.org/people/alan-turing.gmi" in found.values(), form
        assert any(url.startswith(b"https://") for url in found.values())
        for url in found.values():
            assert re.fullmatch(rb"(gemini|https?|gopher|mailto):[^\s]+", url), url


def test_links_of_a_menu_are_addresses_of_gopher(almagest):
    found = [url for url, _ in links(shown(almagest, "/people/index.gmi", "--as", "gopher", "-c", RICH))]
    assert b"gopher://directory.example.org:70/1/people/ada-lovelace" in found or any(
        re.fullmatch(rb"gopher://[^/]+:70/[01]/people/ada-lovelace.*", url) for url in found)


def test_a_terminal_reads_a_page_wrapped_with_bold_headings_and_without_marks(almagest):
    out = shown(almagest, "/people/ada-lovelace.gmi", "-c", RICH, columns=60).decode()
    lines = ESCAPES.sub(b"", out.encode()).decode().splitlines()
    assert out.startswith("\x1b[1mAda Lovelace\x1b[m\n") and "\x1b[1mStart Here\x1b[m\n" in out
    assert not any(line.startswith(("#", "=>")) for line in lines)
    assert all(len(line) <= 60 or " " not in line[2:].strip() for line in lines)


@pytest.mark.parametrize("width", [20, 40, 72, 200])
def test_width_is_the_columns_of_the_text(almagest, width):
    out = almagest.run("show", "/people/ada-lovelace.gmi", "--as", "text", "--width", width, "-c", RICH)[1].decode()
    long = [line for line in out.splitlines() if len(line) > width and not line.startswith("[")]
    assert long == [] and (width < 100 or max(map(len, out.splitlines())) > 70)
    assert almagest.run("show", "/people/ada-lovelace.gmi", f"--width={width}", "-c", RICH)[1].decode() == out


def test_without_width_text_is_what_a_server_sends(almagest):
    assert almagest.run("show", "/people/ada-lovelace.txt", "-c", RICH)[1] == almagest.run(
        "show", "/people/ada-lovelace.gmi", "--as", "text", "--width", "70", "-c", RICH)[1]


@pytest.mark.parametrize("words,said", [
    (["--width", "19"], "--width 19: expected a number from 20 to 400"),
    (["--width", "wide"], "--width wide: expected a number from 20 to 400"),
    (["--width", "80", "--as", "gopher"], "--width: for text; what gemini, gopher and finger send is as wide as it is"),
    (["--width", "80", "--as", "gemini"], "--width: for text; what gemini, gopher and finger send is as wide as it is"),
])
def test_a_width_that_cannot_be_is_told_of(almagest, words, said):
    assert almagest.run("show", "/index.gmi", *words, "-c", RICH) == (2, b"", f"almagest: {said}\n".encode())


@pytest.mark.parametrize("word", ["/people/ada-lovelace.gmi", "/people/ada-lovelace", "people/ada-lovelace", "ada-lovelace", "Ada Lovelace",
                                  "FILE", "people/ada-lovelace.yaml"])
def test_a_profile_is_named_by_path_file_slug_or_name(almagest, word):
    page = almagest.run("show", "/people/ada-lovelace.gmi", "-c", RICH)
    word = RICH / "people" / "ada-lovelace.yaml" if word == "FILE" else word
    assert page[0] == 0 and almagest.run("show", word, "-c", RICH, cwd=RICH) == page


def test_other_files_of_the_capsule_stand_for_their_pages(almagest):
    for file in sorted(RICH.rglob("*.yaml")) + sorted(RICH.rglob("*.gmi")):
        folder = file.parent.name
        if file.parent.parent == RICH and folder in ("topics", "organizations", "sources", "pages"):
            path = f"/{file.stem}.gmi" if folder == "pages" else f"/{folder}/{file.stem}.gmi"
            assert almagest.run("show", file, "-c", RICH)[:2] == almagest.run("show", path, "-c", RICH)[:2]


def test_a_record_with_mistakes_shows_them_in_place_of_a_page(almagest, capsule):
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(ADA + "nmae: x\nreviewed: soon\n")
    status, out, complaint = almagest.run("show", file, "-c", capsule)
    assert (status, out) == (1, b"")
    assert complaint.decode().splitlines() == [
        f'{file}:3:1: error: nmae: unknown key; did you mean "name"? (your own keys begin with x-)',
        f'{file}:4:11: error: reviewed: "soon": not a date; expected YYYY-MM-DD, such as 2026-05-04',
        "almagest: /people/ada-lovelace.gmi: nothing is shown before the errors above are mended"]


def test_a_draft_is_shown_to_its_editor_alone(almagest, capsule):
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(ADA)
    published = almagest.run("show", "ada-lovelace", "-c", capsule)
    file.write_text(ADA + "draft: true\n")
    status, out, complaint = almagest.run("show", "ada-lovelace", "-c", capsule)
    assert (status, out) == published[:2]
    assert complaint == b"almagest: /people/ada-lovelace.gmi: a draft, which readers do not see yet\n"
    assert almagest.run("show", "/people/ada-lovelace.txt", "--as", "gopher", "-c", capsule)[0] == 0
    assert b"Lovelace" not in almagest.run("show", "/people/index.gmi", "-c", capsule)[1]
    assert almagest.run("search", "lovelace", "-c", capsule)[1].count(b"ada-lovelace") == 0


# ---- pager ----

def test_what_is_longer_than_the_screen_goes_through_the_pager(almagest, tmp_path):
    pager = f"sed s/^/PAGED/ "
    assert b"PAGED" in shown(almagest, "/people/ada-lovelace.gmi", "-c", RICH, env={"PAGER": pager}, rows=10)
    assert b"PAGED" not in shown(almagest, "/people/ada-lovelace.gmi", "-c", RICH, env={"PAGER": pager}, rows=400)
    out = subprocess.run([almagest.path, "show", "/people/ada-lovelace.gmi", "-c", RICH], capture_output=True, env={**os.environ, "PAGER": pager})
    assert b"PAGED" not in out.stdout


def test_a_pager_that_is_not_there_loses_nothing(almagest):
    out = shown(almagest, "/people/ada-lovelace.gmi", "-c", RICH, env={"PAGER": "no-such-pager-here"}, rows=10)
    assert b"Ada Lovelace" in out and b"Links" in out


def test_less_shows_headings_and_leaves_by_q(almagest):
    seen = on_a_terminal(almagest, "show", "/people/ada-lovelace.gmi", "-c", RICH, rows=12, env={"PAGER": "less"},
                         until=[(b"Ada Lovelace", lambda fd: os.write(fd, b"q"))])
    assert b"\x1b[1mAda Lovelace\x1b[" in seen


# ---- again and again ----

def test_watch_draws_the_page_again_as_the_record_changes(almagest, capsule):
    file = capsule / "people" / "ada-lovelace.yaml"
    seen = on_a_terminal(almagest, "show", "--watch", file, "-c", capsule, until=[
        (b"q ends", lambda _: file.write_text(ADA + "role: Translator\n")),
        (b"Translator", lambda _: file.write_text(ADA + "nmae: x\n")),
        (b"did you mean", lambda _: file.write_text(ADA + "role: Countess\n")),
        (b"Countess", lambda fd: os.write(fd, b"q")),
        (b"\x1b[?1049l", None)])  # the screen before comes back
    assert seen.startswith(b"\x1b[?1049h")


def test_watch_shows_what_changed_though_it_was_out_of_view(almagest, capsule):
    file = capsule / "people" / "ada-lovelace.yaml"
    known = "known_for:\n" + "".join(f"  - thing {i}\n" for i in range(12))
    seen = on_a_terminal(almagest, "show", "--watch", file, "-c", capsule, rows=10, until=[
        (b"lines 1-", lambda _: file.write_text(ADA + known)),
        (b"thing 3", lambda _: file.write_text(ADA + known.replace("thing 11", "the very last"))),
        (b"the very last", None)])
    assert seen


def test_watch_moves_by_keys(almagest, capsule):
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(ADA + "known_for:\n" + "".join(f"  - thing {i:02}\n" for i in range(12)))
    on_a_terminal(almagest, "show", "--watch", file, "-c", capsule, rows=12, until=[
        (b"lines 1-", lambda fd: os.write(fd, b"G")), (b"Home", lambda fd: os.write(fd, b"gj")),
        (b"lines 2-", lambda fd: os.write(fd, b"\x1b[B")), (b"lines 3-", lambda fd: os.write(fd, b"\x1b[A ")),
        (b"lines 11-", lambda fd: os.write(fd, b"\x03")), (b"\x1b[?1049l", None)])


def test_watch_without_a_terminal_prints_the_page_again(almagest, capsule):
    file = capsule / "people" / "ada-lovelace.yaml"
    process = subprocess.Popen([almagest.path, "show", "--watch", file, "-c", capsule], stdout=subprocess.PIPE)
    try:
        read = lambda: b"".join(iter(process.stdout.readline, b"\f\n"))
        assert b"Countess" not in read()
        file.write_text(ADA + "role: Countess\n")
        assert b"Countess" in read()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

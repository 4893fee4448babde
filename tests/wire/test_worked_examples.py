"""The worked examples of docs/CONTRIBUTING.md: each applies to the source as it stands, all of them build together without a warning
and keep to the floors, and the program that comes out has the new field, page, form and protocol."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from capsule import ALMAGEST, ROOT, SANITIZED, SECONDS, TRUSTING, free_port, wait_for, write

TEXT = (ROOT / "docs" / "CONTRIBUTING.md").read_text()
EXAMPLES = dict(re.findall(r"(?ms)^### ([^\n]+)\n(?:(?!^#).)*?^```diff\n(.*?)^```$", TEXT))
BUILT = Path(ALMAGEST).parent
UNOPTIMIZED = [] if SANITIZED else ["CFLAGS=-O0", "HARDEN=-fPIE"]
BUILD_SECONDS = 600  # a whole build with sanitizers on a slow machine

CAPSULE = {
    "capsule.yaml": "title: A Small Directory\n",
    "people/marie-curie.yaml": "name: Marie Curie\ntagline: Measured what nobody had seen\nmotto: Nothing is to be *feared*\n"
                               "links:\n  homepage: https://example.org/curie\n",
}


def run(*words, cwd, status=0, **more):
    done = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          **{"timeout": SECONDS, **more})
    assert done.returncode == status, (words, done.stdout[-2000:], done.stderr[-4000:])
    return done


def copy_objects(to):
    """What is compiled already, so that only what an example touches is compiled again."""
    if (BUILT / "obj").is_dir():
        shutil.copytree(BUILT / "obj", to / "obj")
        names = {os.path.relpath(BUILT, ROOT), str(BUILT)}
        for file in to.rglob("*.d"):
            text = file.read_text()
            for name in names:
                text = re.sub(rf"(?m)^{re.escape(name)}/", "build/", text)
            file.write_text(text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The source with all examples, built; and a small capsule in it."""
    tree = tmp_path_factory.mktemp("examples") / "tree"
    shutil.copytree(ROOT / "src", tree / "src")
    shutil.copy2(ROOT / "Makefile", tree)
    copy_objects(tree / "build")
    env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    for name, diff in EXAMPLES.items():
        (tree / "diff").write_text(diff)
        run("git", "apply", "--whitespace=nowarn", "-C1", "diff", cwd=tree, env=env)
    store = tree / "src" / "catalog" / "store.h"
    raised, times = re.subn(r"(?<=STORE_FORMAT = )\d+", lambda m: str(int(m[0]) + 1), store.read_text())
    assert times == 1, "STORE_FORMAT is not where CONTRIBUTING says"
    store.write_text(raised)
    # all of it without optimization, which takes a third of the time; what the examples touch as it is built otherwise, too: it warns of more
    sources = re.findall(r"(?m)^\+\+\+ b/src/(.*)\.c$", "".join(EXAMPLES.values()))
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}  # not of a make that runs tests
    for options in (["BUILD=optimized", *(f"optimized/obj/{name}.o" for name in sources)], ["BUILD=build", *UNOPTIMIZED, "all"]):
        built = run("make", "--no-print-directory", "-j2", *options, cwd=tree, timeout=BUILD_SECONDS, env=own)
        assert "warning" not in built.stderr, built.stderr
    write(tree / "capsule", CAPSULE)
    return tree


@pytest.fixture(scope="module")
def say(tree):
    """What the program that was built prints."""
    return lambda *words, status=0, of="stdout": getattr(run(tree / "build" / "almagest", *words, cwd=tree, status=status), of)


@pytest.fixture(scope="module")
def ports(tree):
    """The program serving, by protocol."""
    ports = {name: free_port() for name in ("gemini", "gopher", "nex")}
    log = tree / "log"
    with open(log, "wb") as out:
        server = subprocess.Popen(
            [tree / "build" / "almagest", "serve", "-c", "capsule", "--workers", "1", "--finger", "off",
             *(word for name, port in ports.items() for word in (f"--{name}", f"127.0.0.1:{port}"))],
            cwd=tree, stderr=out, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: server.poll() is not None or b"\nready\n" in log.read_bytes(), 60)
        assert server.poll() is None, log.read_text()
        yield ports
        assert server.poll() is None, log.read_text()
    finally:
        server.terminate()
        assert server.wait(30) == 0


def ask(port, line, tls=False):
    with socket.create_connection(("127.0.0.1", port), SECONDS) as raw:
        stream = TRUSTING.wrap_socket(raw, server_hostname="localhost") if tls else raw
        stream.sendall(line.encode())
        answer = b""
        while piece := stream.recv(65536):
            answer += piece
    return answer.decode()


def test_there_is_an_example_of_each_kind():
    assert list(EXAMPLES) == ["A field of a record", "A page kind", "An output form", "A protocol"]


def test_the_examples_keep_to_the_floors(tree):
    run("make", "--no-print-directory", "BUILD=build", "floors", cwd=tree)


def test_the_new_field_is_on_the_profile_and_in_all_that_follows_from_its_row(tree, say):
    assert "\n> Nothing is to be *feared*\n" in say("show", "marie-curie", "--as", "gemini")
    assert json.loads(say("schema", "record"))["properties"]["motto"]["anyOf"][0]["maxLength"] == 160
    assert ".It Cm motto\n" in say("manual", "almagest-record.5")
    write(tree / "long", {"people/a.yaml": f"name: A\ntagline: b\nmotto: {'x' * 161}\n"})
    assert re.search(r"people/a\.yaml:3:8: error: motto: .*160", say("check", "-c", "long", status=1))
    say("new", "-c", "long", "Irene Curie")
    assert "motto:" in (tree / "long" / "people" / "irene-curie.yaml").read_text()


def test_the_new_page_is_served_over_gemini_and_gopher_and_exported(tree, say, ports):
    page = ask(ports["gemini"], f"gemini://localhost:{ports['gemini']}/numbers.gmi\r\n", tls=True)
    assert page.startswith("20 text/gemini") and "\n# A Small Directory\n\n* 1 person\n* 0 sources\n" in page
    assert "1 person" in ask(ports["gopher"], "/numbers\r\n")
    say("export", "out")
    assert (tree / "out" / "numbers.gmi").exists()
    write(tree / "taken", {"people/a.yaml": "name: A\ntagline: b\n", "pages/numbers.gmi": "# Mine\n"})
    assert "numbers" in say("check", "-c", "taken", status=1)


def test_the_new_form_is_printed_by_show(say):
    page = say("show", "marie-curie", "--as", "markdown")
    assert page.startswith("# Marie Curie\n") and "\n> Nothing is to be \\*feared\\*\n" in page
    assert re.search(r"(?m)^- \[[^]]+\]\(<https://example\.org/curie>\)$", page)
    assert "expected gemini, gopher, text, markdown or finger" in say("show", "marie-curie", "--as", "marks", status=2, of="stderr")


@pytest.mark.parametrize("line,expected", [
    ("/people/marie-curie.gmi\n", "# Marie Curie\n"), ("people/marie-curie\r\n", "# Marie Curie\n"), ("\n", "# A Small Directory\n"),
    ("/people/marie-curie.txt\n", "Marie Curie\n===========\n"), ("/nobody\n", "Nothing is here.\n"),
    ("/../capsule.yaml\n", "This is not a path.\n"), ("/" * 1100, "This is not a path.\n")])
def test_the_new_protocol_answers(ports, line, expected):
    assert ask(ports["nex"], line).startswith(expected)


def catalog_format(folder):
    db = sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True)
    try:
        return int(db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()[0])
    finally:
        db.close()


def test_the_old_program_answers_until_the_new_one_does(tree, tmp_path):
    """What is installed over a running server takes over at a reload; its catalog has another form, and nobody is sent away."""
    program, log, port = tmp_path / "almagest", tmp_path / "log", free_port()
    write(tmp_path / "capsule", {**CAPSULE, "people/marie-curie.yaml": CAPSULE["people/marie-curie.yaml"].replace("motto", "x-motto")})
    shutil.copy2(ALMAGEST, program)
    stop, answers = threading.Event(), []

    def visit(path):
        try:
            return ask(port, f"gemini://localhost:{port}{path}\r\n", tls=True)
        except OSError as e:
            return repr(e)

    def visits():
        while not stop.is_set():
            answers.append(visit("/people/marie-curie.gmi"))

    with open(log, "wb") as out:
        server = subprocess.Popen([program, "serve", "-c", "capsule", "--catalog", "catalog", "--workers", "2", "--gemini", f"127.0.0.1:{port}",
                                   "--gopher", "off", "--finger", "off"], cwd=tmp_path, stderr=out, stdin=subprocess.DEVNULL)
    visitors = [threading.Thread(target=visits) for _ in range(3)]
    try:
        wait_for(lambda: b"\nready\n" in log.read_bytes(), 60)
        assert visit("/numbers.gmi").startswith("51 ")
        old = catalog_format(tmp_path / "catalog")
        for visitor in visitors:
            visitor.start()
        shutil.copy2(tree / "build" / "almagest", tmp_path / "next")
        (tmp_path / "next").rename(program)  # as install(1) does
        server.send_signal(signal.SIGHUP)
        wait_for(lambda: visit("/numbers.gmi").startswith("20 "), 30)
        asked = len(answers)
        wait_for(lambda: len(answers) > asked + 10)
        stop.set()
        assert server.poll() is None and "is another program now, and takes over" in log.read_text()
        assert catalog_format(tmp_path / "catalog") == old + 1 and (tmp_path / "catalog" / "catalog.db.aside").exists()
        assert {answer[:2] for answer in answers} == {"20"}, {answer[:60] for answer in answers}
        # what does not run is not let in
        program.unlink()
        program.write_text("no program\n")
        server.send_signal(signal.SIGHUP)
        wait_for(lambda: "does not run; the old one goes on" in log.read_text())
        assert visit("/numbers.gmi").startswith("20 ")
    finally:
        stop.set()
        for visitor in visitors:
            if visitor.is_alive():
                visitor.join()
        server.terminate()
        assert server.wait(30) == 0, log.read_text()

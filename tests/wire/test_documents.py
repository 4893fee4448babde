"""What README and the manual tell a newcomer to type works as it stands, and prints what they show.

A block of ```console holds commands after "$ " and below them what they print, where a line "..." stands for any lines left out.
A command between backquotes, or alone on an indented line, that begins with build/almagest is run, too. All of a document are run in its
order, in a folder that has what a checkout has: the program, a copy of the capsule, the schemas. The server that they ask is on ports of
its own; a command that serves is started, asked for a page and ended. (Those of almagest(7) are run by tests/golden/test_manual.py.)"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from capsule import ALMAGEST, ROOT, Client, Server, free_port, wait_for

SERVES = re.compile(r"almagest serve\b")
EXAMPLES = re.compile(r"(?s)^\.Sh EXAMPLES\n(.*?)^\.Sh ", re.M)


def commands(text):
    """Pairs of a command and what is shown of its output, in their order."""
    found = []
    for block, inline, line in re.findall(r"(?ms)^```console\n(.*?)^```$|`(build/almagest [^`\n]+)`|^    (build/almagest [^\n]+)$", text):
        inline = inline or line
        if inline:
            found.append((inline, ""))
        for command, shown in re.findall(r"(?m)^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", block):
            found.append((command, shown))
    return found


def documents():
    """The documents by name, manual pages as Markdown."""
    texts = {"README.md": (ROOT / "README.md").read_text()}
    for file in sorted((ROOT / "docs").glob("*.md")):
        texts[file.name] = file.read_text()
    for file in sorted((ROOT / "docs").glob("*.[157]")):
        for examples in EXAMPLES.findall(file.read_text()):
            lines = [line.replace("\\(dq", '"') for line in re.findall(r"^(?:\.Dl )?(\$ .*)$", examples, re.M)]
            texts[file.name] = "```console\n" + "\n".join(lines) + "\n```\n"
    return {name: text for name, text in texts.items() if commands(text)}


DOCUMENTS = documents()


def shown_in(shown, printed):
    """Whether the lines shown are what was printed, but for those left out."""
    pieces = [re.escape(piece) for piece in re.split(r"(?m)^\.\.\.\n", shown)]
    return re.fullmatch("(?:.*\n)*".join(pieces), printed) is not None


@pytest.fixture
def checkout(tmp_path):
    """A folder like a checkout that has been built."""
    shutil.copytree(ROOT / "capsule", tmp_path / "capsule", ignore=shutil.ignore_patterns(".*", "local.yaml"))
    shutil.copytree(ROOT / "docs" / "schema", tmp_path / "docs" / "schema")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "almagest").symlink_to(ALMAGEST)
    return tmp_path


class Asked:
    """A server as `make serve` starts it, but for its ports."""

    def __init__(self, folder, capsule):
        folder.mkdir()
        self.folder = folder
        self.gopher, self.finger = free_port(), free_port()
        self.server = Server(folder, capsule, "--gopher", f"127.0.0.1:{self.gopher}", "--finger", f"127.0.0.1:{self.finger}")

    def here(self, command):
        """The command as it must be typed to reach this server."""
        for theirs, ours in [
                ("gemini://directory.example.org/", self.server.url()),
                ("gemini://localhost/", self.server.url()),
                ("localhost:1965", f"localhost:{self.server.port}"),
                ("gopher://localhost/", f"gopher://localhost:{self.gopher}/")]:
            command = command.replace(theirs, ours)
        if re.search(r"almagest (status|check --install)$", command):
            command += (f" --certs {self.folder}/certs --catalog {self.folder}/catalog --gemini 127.0.0.1:{self.server.port}"
                        f" --gopher 127.0.0.1:{self.gopher} --finger 127.0.0.1:{self.finger}")
        # finger(1) knows no other port than 79; this is what it sends (tests of finger run the program itself where they may)
        return re.sub(r"^finger (\S+)@localhost$", rf"printf '\1\\r\\n' | curl -s telnet://localhost:{self.finger}", command)


def serves(command, folder, env):
    """Whether a command that serves does so, with the host that it names, if any; the ports are free ones here."""
    shutil.rmtree(folder / "own", ignore_errors=True)
    (folder / "own").mkdir()
    port, log = free_port(), folder / "own" / "log"
    host = (re.findall(r"--host (\S+)", command) or ["localhost"])[0]
    command = command.replace("/srv/capsule", "capsule")
    command += f" --certs own/certs --catalog own/catalog --gemini 127.0.0.1:{port} --gopher off --finger off"
    with open(log, "wb") as to:
        process = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=folder, env=env, stderr=to, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: b"\nready\n" in log.read_bytes() or process.poll() is not None)
        answer = Client(port, sni=host).ask(f"gemini://{host}:{port}/people/tri-dao.gmi\r\n".encode())
        return answer.status == "20" and "# Tri Dao" in answer.text
    finally:
        process.terminate()
        assert process.wait(15) == 0


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_tells_to_type_works_and_prints_what_it_shows(name, checkout, tmp_path):
    env = {**os.environ, "PATH": f"{checkout}/build:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
    asked = Asked(tmp_path / "server", checkout / "capsule")
    try:
        for command, shown in commands(DOCUMENTS[name]):
            if SERVES.search(command):
                assert serves(command, checkout, env), command
                continue
            done = subprocess.run(asked.here(command), shell=True, executable="/bin/bash", cwd=checkout, env=env, capture_output=True, text=True,
                                  timeout=60, stdin=subprocess.DEVNULL)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            assert done.stdout or command.startswith(". "), f"{command}: printed nothing"
            if shown:
                assert shown_in(shown, done.stdout), f"{command}: printed\n{done.stdout}"
            if "tri-dao" in command:
                assert "Tri Dao" in done.stdout, command
        assert asked.server.is_alive()
    finally:
        status = asked.server.end()
    assert status == 0


def test_readme_shows_every_kind_of_command_and_stays_short():
    lines = DOCUMENTS["README.md"].splitlines()
    typed = [command for command, _ in commands(DOCUMENTS["README.md"])]
    assert len(lines) <= 125
    assert len(typed) >= 12
    for word in ("openssl", "curl", "finger", "show", "search", "mirror", "export", "check"):
        assert any(word in command for command in typed), word


@pytest.mark.parametrize("file", ["README.md", *sorted(f"docs/{f.name}" for f in (ROOT / "docs").glob("*.md"))])
def test_make_knows_each_target_that_a_document_names(file):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z-]+)", (ROOT / file).read_text()):
        assert re.search(rf"(?m)^{target}:", makefile), target


def test_make_help_names_every_target():
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    phony, = re.findall(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())
    named = [line.split()[0] for line in told.splitlines()]
    assert set(phony.split()) - {"help", "check-tests", "fuzzers"} == set(named)


def test_readme_is_right_about_its_own_size():
    """The numbers in the table, to a tenth; OpenSSL is one library of two files, and every system has libc."""
    lines, = re.findall(r"([\d,]+) lines of C, ten libraries", DOCUMENTS["README.md"])
    there = sum(len(file.read_text().splitlines()) for file in (ROOT / "src").rglob("*.[ch]"))
    assert abs(there - int(lines.replace(",", ""))) < there / 10, there
    linked = re.findall(r"NEEDED.*\[lib([a-z_]+)", subprocess.run(["readelf", "-d", ALMAGEST], capture_output=True, text=True, check=True).stdout)
    assert len(set(linked) - {"c", "crypto", "asan", "ubsan"}) <= 10, linked


@pytest.mark.parametrize("target", ["serve", "check"])
def test_the_two_commands_call_make_where_there_is_one(target, tmp_path):
    """Whether they install make where there is none is seen on a machine without it; here nothing must be installed."""
    line, = re.findall(rf"^    (command -v make .*; make {target})$", (ROOT / "README.md").read_text(), re.M)
    for name in ("make", "apt-get", "sudo"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} \"$@\"\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(line, shell=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"make {target}\n")


def test_the_record_in_readme_is_served_as_it_stands(checkout):
    text = (ROOT / "README.md").read_text()
    (path, record), = re.findall(r"(?s)A file `(capsule/people/[a-z-]+\.yaml)`.*?\n```yaml\n(.*?)^```$", text, re.M)
    (checkout / path).write_text(record)
    assert 2 < len(record.splitlines()) <= 12
    run = lambda *words: subprocess.run([ALMAGEST, *words], cwd=checkout, capture_output=True, text=True)
    done = run("check")
    assert done.returncode == 0 and Path(path).name not in done.stdout, done.stdout
    page = run("show", Path(path).stem, "--as", "text").stdout
    for word in ("Ada Lovelace\n", "history of computing", "* 01 The notes on the Analytical", "Note G holds the program"):
        assert word in page
    first_two = "".join(record.splitlines(True)[:2])
    (checkout / path).write_text(first_two)
    assert run("check").returncode == 0


@pytest.mark.parametrize("file", ["README.md", *sorted(f"docs/{f.name}" for f in (ROOT / "docs").glob("*.md"))])
def test_what_a_document_links_to_or_names_is_there(file):
    text = re.sub(r"(?ms)^```.*?^```$", "", (ROOT / file).read_text())
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", text):
        assert ((ROOT / file).parent / target).exists(), target
    for path in re.findall(r"`((?:src|docs|tests|capsule|\.vscode)/[A-Za-z0-9_./-]+)`", text):
        assert (ROOT / path).exists() or path == "capsule/people/ada-lovelace.yaml", path

"""Directories and servers for the tests of exports, bundles and mirrors."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from capsule import ALMAGEST, ROOT, Server, free_port, wait_for, write

TODAY = "1780000000"


def run(*words, seconds=60, limit="", **how):
    """A command to its end: status, what it printed, what it complained of. A limit is as ulimit takes it."""
    limited = ["sh", "-c", f'ulimit {limit} && exec "$@"', "sh"] if limit else []
    done = subprocess.run([*limited, ALMAGEST, *map(str, words)], capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, **how)
    return done.returncode, done.stdout, done.stderr


def tree(folder):
    """Path and bytes of every file, but for dot files at the top."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*"))
            if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")}


def people(n, start=0):
    """So many records, some of which share a source, a topic and an organization."""
    return {f"people/person-{i:05d}.yaml":
            f"name: Person {chr(65 + i % 26)}{i:05d}\ntagline: Number {i}\ntopics: [topic {i % 7}]\n"
            f"organizations: [place {i % 5}]\nstart_here:\n  - title: Work {i // 3}\n    year: {1950 + i % 70}\n"
            f"    url: https://example.org/{i // 3}\n" for i in range(start, start + n)}


def bundles_made(server):
    """Waits for what the page about copies tells when all is there: the generation."""
    def generation():
        found = re.search(r"Generation ([0-9a-f]{16})", server.get("/mirror/index.gmi").text)
        return found and found[1]
    return wait_for(generation, 30)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def as_nobody():
    """How a program that will not run as root is started."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


class Beside:
    """Tests that mostly wait, because a server is slow, a mirror backs off or a change settles: they run beside the other tests of
    their file, each with a folder of its own, and a test for each at the end of the file says how it went."""

    def __init__(self):
        self.rows = {}

    def __call__(self, *rows):
        """Adds a function, once for each row; a row is a value, or a name and a value."""
        def add(what):
            for row in rows:
                name, given = row if isinstance(row, tuple) else (row, row)
                self.rows[f"{what.__name__}[{name}]"] = partial(what, given)
            if not rows:
                self.rows[what.__name__] = what
            return what
        return add

    @contextmanager
    def running(self, request, tmp_path_factory, around=lambda what, folder: what(folder)):
        """Starts those that are wanted; a future for each name."""
        wanted = {item.callspec.params["name"] for item in request.session.items if item.name.startswith("test_beside[")}
        folders = {name: tmp_path_factory.mktemp("beside") for name in self.rows if name in wanted}
        with ThreadPoolExecutor(len(folders) or 1) as pool:
            yield {name: pool.submit(around, self.rows[name], folder) for name, folder in folders.items()}


class MollyBrown:
    """The Gemini server of the distribution, on a folder."""

    def __init__(self, folder, root):
        self.port = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", folder / "mb.key", "-out", folder / "mb.crt", "-subj", "/CN=localhost", "-days", "30"],
                       check=True, capture_output=True)
        (folder / "mb.conf").write_text(
            f'Port = {self.port}\nHostname = "localhost"\nCertPath = "{folder}/mb.crt"\nKeyPath = "{folder}/mb.key"\n'
            f'DocBase = "{root}"\nAccessLog = "{folder}/mb.access"\nErrorLog = "{folder}/mb.error"\n')
        self.process = subprocess.Popen(["molly-brown", "-c", folder / "mb.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self):
        self.process.terminate()
        self.process.wait(10)


class Gophernicus:
    """The Gopher server of the distribution, which speaks on its standard input: one a connection, started by a small process that
    has dropped its rights once. It counts requests, across all of its processes, and may refuse more: not here."""

    INETD = """
import socket, subprocess, sys
listening = socket.socket(fileno=0)
while True:
    with listening.accept()[0] as taken:
        subprocess.run(sys.argv[1:], stdin=taken, stdout=taken, stderr=subprocess.DEVNULL)
"""

    def __init__(self, root):
        gophernicus = shutil.which("gophernicus", path=os.environ["PATH"] + ":/usr/sbin")
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable  # one that nobody may start
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
            self.process = subprocess.Popen(
                [python, "-c", self.INETD, gophernicus, "-h", "localhost", "-p", str(self.port), "-r", root, "-nv", "-nl", "-nh",
                 "-nf", "-nq", "-ns", "-nx", "-i", "1000000000", "-k", "1000000000"], stdin=listening, cwd="/", **as_nobody())

    def end(self):
        self.process.kill()
        self.process.wait()


def ask_gopher(port, selector):
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(selector.encode() + b"\r\n")
        answer = b""
        while piece := s.recv(65536):
            answer += piece
        return answer

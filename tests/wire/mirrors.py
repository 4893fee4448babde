"""Directories and servers for the tests of exports, bundles and mirrors."""

import hashlib
import os
import re
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from pathlib import Path

from capsule import ALMAGEST, ROOT, Server, free_port, wait_for, write

TODAY = "1780000000"


def run(*words, seconds=60, **how):
    """A command to its end: status, what it printed, what it complained of."""
    done = subprocess.run([ALMAGEST, *map(str, words)], capture_output=True, text=True, timeout=seconds,
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
    """The Gopher server of the distribution, which speaks on its standard input: one a connection."""

    def __init__(self, root):
        gophernicus = shutil.which("gophernicus", path=os.environ["PATH"] + ":/usr/sbin")

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                subprocess.run([gophernicus, "-h", "localhost", "-p", str(self.server.server_address[1]), "-r", root,
                                "-nv", "-nl", "-nh", "-nf", "-nq", "-ns", "-nx"],
                               stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, **as_nobody())

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def ask_gopher(port, selector):
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(selector.encode() + b"\r\n")
        answer = b""
        while piece := s.recv(65536):
            answer += piece
        return answer

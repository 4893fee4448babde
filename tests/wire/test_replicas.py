"""Two replicas behind HAProxy, by the files of docs/deploy: what readers see when one of them dies."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from capsule import ALMAGEST, BOTH, ROOT, Server, free_port, trusting, wait_for, write
from conftest import SMALL
from mirrors import run, tree

DEPLOY = ROOT / "docs/deploy"
READERS = 8
CAPSULE = {name: data for name, data in SMALL.items() if "mib" not in name}


def with_words(path, words):
    """A file of docs/deploy with other addresses, each of which it must name."""
    text = path.read_text()
    for word, other in words.items():
        assert word in text, word
        text = text.replace(word, str(other))
    return text


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Replica:
    """A folder kept equal to the origin, and a server on it, in a process group of its own: the machine that can fail."""

    def __init__(self, folder, origin, gemini, gopher, shared):
        self.folder, self.gemini, self.gopher = folder, gemini, gopher
        self.capsule = folder / "capsule"
        write(folder, {"log": ""})
        # at its first run it is empty but for what is of this machine, so the settings come after it
        assert run("mirror", origin, self.capsule)[0] == 0
        self.mirror = subprocess.Popen([ALMAGEST, "mirror", origin, self.capsule, "--every", "1s"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        write(self.capsule, {"local.yaml": with_words(DEPLOY / "replica.yaml", {
            "0.0.0.0:1966": f"127.0.0.1:{gemini}", "0.0.0.0:7070": f"127.0.0.1:{gopher}", '"1965"': f'"{shared["gemini"]}"',
            'gopher_port: "70"': f'gopher_port: "{shared["gopher"]}"', "192.0.2.10": "127.0.0.1",
            "/etc/almagest/certs": shared["certs"], "/etc/almagest/ticket.secret": shared["secret"]}) + "log_addresses: full\n"})
        self.start()

    def start(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([ALMAGEST, "serve", "-c", self.capsule, "--workers", "2"], stdin=subprocess.DEVNULL,
                                            stderr=log, start_new_session=True)
        wait_for(lambda: re.search(r"(?m)^ready$", self.log()))

    def log(self):
        return (self.folder / "log").read_text("utf-8", "replace")

    def answered(self):
        """Answers to readers, who come from another address than the checks of HAProxy."""
        return len(re.findall(r"127\.0\.0\.9\b", self.log()))

    def die(self):
        """All of its processes at once, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: not is_open(self.gemini) and not is_open(self.gopher))

    def end(self):
        self.mirror.kill()
        self.mirror.wait()
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(15) == 0


class Set:
    """An origin, two replicas, and HAProxy before them."""

    def __init__(self, folder):
        self.gemini, self.gopher, self.parts = free_port(), free_port(), []
        self.heard = 0
        try:
            self.begin(folder)
        except BaseException:
            self.end()
            raise

    def begin(self, folder):
        for name in ["origin", "one", "two"]:
            (folder / name).mkdir()
        self.origin = Server(folder / "origin", write(folder / "origin/capsule", CAPSULE), "--reader-ports", str(self.gemini))
        self.parts.append(self.origin)
        manifest = f"gemini://localhost:{self.gemini}/mirror/manifest.txt\r\n".encode()
        wait_for(lambda: self.origin.ask(manifest).status == "20", 30)
        # the origin's own certificate: who comes to a replica meets the key that he knows
        shared = {"gemini": self.gemini, "gopher": self.gopher, "certs": self.origin.certs, "secret": folder / "ticket.secret"}
        ports = [free_port() for _ in range(4)]
        self.replicas = []
        for i, name in enumerate(["one", "two"]):
            self.replicas.append(Replica(folder / name, self.origin.url(), ports[2 * i], ports[2 * i + 1], shared))
            self.parts.append(self.replicas[-1])
        config = write(folder, {"haproxy.cfg": with_words(DEPLOY / "haproxy.cfg", {
            "maxconn 20000": "maxconn 500", "bind :1965": f"bind 127.0.0.1:{self.gemini}", "bind :70": f"bind 127.0.0.1:{self.gopher}",
            "192.0.2.11:1966": f"127.0.0.1:{ports[0]}", "192.0.2.11:7070": f"127.0.0.1:{ports[1]}",
            "192.0.2.12:1966": f"127.0.0.1:{ports[2]}", "192.0.2.12:7070": f"127.0.0.1:{ports[3]}",
            "gemini://directory.example.org/": f"gemini://localhost:{self.gemini}/", "directory.example.org": "localhost"})})
        self.log_path = folder / "haproxy.log"
        with open(self.log_path, "wb") as log:
            self.haproxy = subprocess.Popen(["haproxy", "-db", "-f", config / "haproxy.cfg"], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        wait_for(lambda: self.haproxy.poll() is not None or is_open(self.gopher))
        assert self.haproxy.poll() is None, self.log()

    def log(self, since=None):
        """What HAProxy has said since the test began."""
        return self.log_path.read_text("utf-8", "replace")[self.heard if since is None else since:]

    def is_well(self):
        """Whether what was said of each server last is that it is up, if anything was."""
        last = dict(re.findall(r"Server (\w+/\w+) is (\w+)", self.log(0)))
        return "DOWN" not in last.values()

    def end(self):
        if hasattr(self, "haproxy"):
            self.haproxy.kill()
            self.haproxy.wait()
        for part in reversed(self.parts):
            part.end()


@pytest.fixture(scope="module")
def set_of_two(tmp_path_factory):
    both = Set(tmp_path_factory.mktemp("replicas"))
    yield both
    both.end()


@pytest.fixture
def both(set_of_two):
    """All of them, well, and no word yet in HAProxy's log."""
    wait_for(set_of_two.is_well)
    set_of_two.heard += len(set_of_two.log())
    return set_of_two


def connect(port, source="127.0.0.9"):
    return socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))


def read_to_end(s):
    pieces = []
    while piece := s.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def ask_gemini(port, shown, path, context=None, session=None, spoken_for=b""):
    """The answer, the session it leaves, and whether the one given was resumed. Who is spoken for asks where the balancer does."""
    with connect(port, "127.0.0.1" if spoken_for else "127.0.0.9") as raw:
        raw.sendall(spoken_for)
        with (context or trusting()).wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            tls.sendall(f"gemini://localhost:{shown}{path}\r\n".encode())
            return read_to_end(tls), tls.session, tls.session_reused


def ask_gopher(port, selector):
    with connect(port) as s:
        s.sendall(selector.encode() + b"\r\n")
        return read_to_end(s)


class Readers:
    """Who asks for pages without a pause, half of them over each protocol; each request leaves when it began, when it ended, and
    what went wrong."""

    def __init__(self, both):
        self.both, self.asked, self.over = both, [], threading.Event()
        self.pages = {"gemini": self.gemini(), "gopher": self.gopher()}
        self.threads = [threading.Thread(target=self.read, args=[getattr(self, "gemini" if i % 2 else "gopher")]) for i in range(READERS)]
        for thread in self.threads:
            thread.start()

    def gemini(self):
        return ask_gemini(self.both.gemini, self.both.gemini, "/people/ada-lovelace.gmi")[0]

    def gopher(self):
        return ask_gopher(self.both.gopher, "/people/ada-lovelace")

    def read(self, ask):
        page = self.pages[ask.__name__]
        assert b"Ada Lovelace" in page
        while not self.over.is_set():
            began, wrong = time.monotonic(), None
            try:
                assert ask() == page, "another answer"
            except (OSError, AssertionError) as e:
                wrong = repr(e)
            self.asked.append((began, time.monotonic(), wrong))

    def wait_for_more(self, n=100):
        have = len(self.asked)
        wait_for(lambda: len(self.asked) >= have + n, 30)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)


def test_a_replica_that_dies_under_load_costs_only_what_was_in_flight_on_it(both):
    one, two = both.replicas
    readers = Readers(both)
    try:
        readers.wait_for_more()
        assert one.answered() and two.answered(), "both serve"
        before = time.monotonic()
        one.die()
        dead = time.monotonic()
        readers.wait_for_more(200)
        one.start()
        wait_for(one.answered, 30)
        readers.wait_for_more()
    finally:
        readers.end()
    failed = [(began - dead, ended - before, wrong) for began, ended, wrong in readers.asked if wrong]
    assert [f for f in failed if f[0] > 0 or f[1] < 0] == [], "a request failed that was not under way while the replica died"
    assert len([began for began, _, _ in readers.asked if began > dead]) >= 200


@pytest.mark.parametrize("version", BOTH)
def test_a_session_of_one_replica_is_resumed_on_the_other(both, version):
    spoken_for = b"PROXY TCP4 192.0.2.7 127.0.0.1 1000 1965\r\n"
    for first, second in [both.replicas, both.replicas[::-1]]:
        context = trusting(version)
        answer, session, resumed = ask_gemini(first.gemini, both.gemini, "/index.gmi", context, spoken_for=spoken_for)
        assert answer.startswith(b"20 ") and not resumed
        again, _, resumed = ask_gemini(second.gemini, both.gemini, "/index.gmi", context, session, spoken_for)
        assert again == answer and resumed


def test_whoever_comes_through_the_balancer_is_resumed_wherever_he_lands(both):
    context = trusting()
    session = ask_gemini(both.gemini, both.gemini, "/", context)[1]
    began = [replica.answered() for replica in both.replicas]
    for _ in range(10):
        answer, session, resumed = ask_gemini(both.gemini, both.gemini, "/", context, session)
        assert answer.startswith(b"20 ") and resumed
    wait_for(lambda: all(replica.answered() > n for replica, n in zip(both.replicas, began)))


def test_a_change_at_the_origin_comes_to_both_replicas_and_is_the_same_generation(both):
    write(both.origin.capsule, {"people/new-here.yaml": "name: New Here\ntagline: Came later\n"})

    def seen():
        return all(ask_gemini(both.gemini, both.gemini, "/people/new-here.gmi")[0].startswith(b"20 ") for _ in range(4))

    wait_for(seen, 30)
    assert ask_gopher(both.gopher, "/people/new-here").startswith(b"iNew Here")
    one, two = [{name: data for name, data in tree(replica.capsule).items() if name.split("/")[0] not in ["local.yaml"]}
                for replica in both.replicas]
    assert one == two and len({(replica.capsule / ".mirror/generation").read_text() for replica in both.replicas}) == 1


def test_a_replica_that_hangs_is_given_no_readers(both):
    one, two = both.replicas
    os.killpg(one.process.pid, signal.SIGSTOP)  # it takes connections and says nothing
    try:
        wait_for(lambda: all(f"Server {name}/one is DOWN" in both.log() for name in ["gemini", "gopher"]), 15)
        began = two.answered()
        for _ in range(6):
            assert ask_gopher(both.gopher, "/about").endswith(b".\r\n")
        wait_for(lambda: two.answered() >= began + 6)
    finally:
        os.killpg(one.process.pid, signal.SIGCONT)
    wait_for(lambda: all(f"Server {name}/one is UP" in both.log() for name in ["gemini", "gopher"]))

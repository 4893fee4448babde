"""A capsule server on a free port of the loopback, and a client that is told byte by byte what to do.

The client keeps TLS in memory and the socket in its own hand, so a test can send half a hello, close one direction, or look
at what stands between the last byte of an answer and the end of the connection."""

import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALMAGEST = os.path.abspath(os.environ.get("ALMAGEST", ROOT / "build" / "almagest"))
SANITIZED = b"__asan_init" in Path(ALMAGEST).read_bytes()  # memory that was freed is then kept for a while
SECONDS = 10  # no answer of a test takes as long
PEOPLE = len(list((ROOT / "capsule" / "people").rglob("*.yaml")))  # in the directory that comes with the program

TLS_1_2 = ssl.TLSVersion.TLSv1_2
TLS_1_3 = ssl.TLSVersion.TLSv1_3
BOTH = [TLS_1_2, TLS_1_3]

# Below those that the kernel gives to clients, and others for each process that runs tests at the same time.
OURS = 10000 + 2000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
PORTS = iter(random.sample(range(OURS, OURS + 2000), 2000))


def free_port():
    """A port that nobody has and that no test was given before."""
    for port in PORTS:
        with socket.socket() as s:
            if port_is_free(s, port):
                return port
    raise AssertionError("no port is left")


def port_is_free(s, port):
    try:
        s.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False


def open_to_others(folder):
    """pytest's folders are for their owner alone, and some programs become another user."""
    for path in [folder, *folder.parents]:
        if any(part.startswith("pytest-of-") for part in path.parts):
            path.chmod(0o755)


def wait_for(what, seconds=60, pause=0.02):
    """What a question answers once that is true; a test fails that waits in vain."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(pause)
    return answer


def write(folder, files):
    """Files from a table of names and contents."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def trusting(version=None):
    """A context that takes any certificate, as who visits for the first time does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # Python sets it: an end without close_notify would pass for one with it
    if version:
        context.minimum_version = context.maximum_version = version
    return context


TRUSTING = trusting()


class Answer:
    def __init__(self, data):
        self.data = data
        self.header, _, self.body = data.partition(b"\r\n")
        self.status = self.header[:2].decode()
        self.meta = self.header[3:].decode()

    @property
    def text(self):
        return self.body.decode("utf-8")

    def __repr__(self):
        return f"{self.header!r} and {len(self.body)} bytes"


class Client:
    """One connection."""

    def __init__(self, port, sni="localhost", context=None, session=None, receive=None):
        self.socket = socket.socket()
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or TRUSTING).wrap_bio(self.incoming, self.outgoing, server_hostname=sni, session=session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Gone without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def hello(self):
        """The first bytes of a handshake, not sent."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def flush(self):
        if self.outgoing.pending:
            self.socket.sendall(self.outgoing.read())

    def receive(self, most=65536):
        """Takes up what has come; false at the end of the connection."""
        data = self.socket.recv(most)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()
        return bool(data)

    def shake_hands(self):
        while True:
            try:
                self.tls.do_handshake()
                self.flush()
                return self
            except ssl.SSLWantReadError:
                self.flush()
                self.receive()

    def send(self, data):
        self.tls.write(data)
        self.flush()

    def read(self):
        """Some of the answer; nothing at its close_notify. An end without that is an error."""
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.receive()

    def read_all(self):
        """The whole answer: a close_notify behind it, then the end of the connection, and no reset."""
        pieces = []
        while piece := self.read():
            pieces.append(piece)
        while data := self.socket.recv(65536):
            raise AssertionError(f"after close_notify came {data!r}")
        return Answer(b"".join(pieces))

    def ask(self, request):
        self.shake_hands()
        self.send(request)
        return self.read_all()

    @property
    def certificate(self):
        return self.tls.getpeercert(binary_form=True)


class Server:
    def __init__(self, folder, capsule=ROOT / "capsule", *options, workers=2, env=None):
        self.port = free_port()
        self.capsule, self.certs = Path(capsule), folder / "certs"
        self.log_path = folder / "log"
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [ALMAGEST, "serve", "-c", str(capsule), "--certs", str(self.certs), "--catalog", str(folder / "catalog"),
             "--gemini", f"127.0.0.1:{self.port}", "--gopher", "off", "--finger", "off", "--workers", str(workers),
             *options],
            stderr=self.log_file, stdin=subprocess.DEVNULL, env=env)
        try:
            wait_for(lambda: self.process.poll() is not None or re.search(r"(?m)^ready$", self.log), 60)
            assert self.process.poll() is None, self.log
        except AssertionError:
            self.end()
            raise

    @property
    def log(self):
        return self.log_path.read_text("utf-8", "replace")

    def url(self, path="/", host="localhost"):
        return f"gemini://{host}:{self.port}{path}"

    def client(self, **how):
        return Client(self.port, **how)

    def ask(self, request, **how):
        """The answer to these bytes, as they are."""
        with self.client(**how) as client:
            return client.ask(request)

    def get(self, path="/", **how):
        return self.ask(self.url(path).encode() + b"\r\n", **how)

    def workers(self):
        """Process ids of who answers."""
        return workers_of(self.process.pid)

    def files(self):
        """Descriptors that the workers hold."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.workers())

    def memory(self):
        """KiB that the workers have to themselves or share, as the kernel counts them."""
        return sum(int(re.search(r"(?m)^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
                   for pid in self.workers())

    def reload(self):
        """Tells it to look again, and returns when others answer and those of before have gone."""
        before = self.workers()
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(self.workers()) == len(before) and not set(self.workers()) & set(before))

    def is_alive(self):
        assert self.process.poll() is None, self.log
        return self.get("/index.gmi").status == "20"

    def end(self):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log_file.close()
        return self.process.returncode


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:  # it ended
        return ""


def workers_of(pid):
    return [child for child in processes_of(pid) if name_of(child) == "almagest-worker"]


def writer_of(pid):
    return next((child for child in processes_of(pid) if name_of(child) == "almagest-writer"), None)


def processes_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

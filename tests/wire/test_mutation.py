"""Thousands of connections that go wrong in every way that a seeded generator finds: afterwards the server holds what it held
before, and who asked properly in between was answered every time.

MUTATIONS is how many (make soak: 100,000), SEED which ones; a failure names its seed."""

import collections
import os
import random
import socket
import ssl
import struct
import time
from pathlib import Path

import pytest

from capsule import SANITIZED, TRUSTING, Client, free_port, wait_for

MUTATIONS = int(os.environ.get("MUTATIONS", 4000))
SEED = int(os.environ.get("SEED", 1546))
REQUEST, WRITE = 2, 2  # deadlines
OPEN = 150  # connections that wait for their end at a time
EVERY = 50  # an honest reader on each protocol after so many
LEFT_OVER = 1 << 20  # bytes that a worker may have more than before: the table of addresses fills, page by page

GEMINI_REQUESTS = ["/", "/people/ada-lovelace.gmi", "/files/3mib.bin", "/search.gmi?engine", "/people/ada-byron", "/nothing",
                   "/people/gone-away.gmi", "/connect.gmi?ada%20lovelace,charles%20babbage", "/../x", "/random.gmi"]
GOPHER_REQUESTS = [b"", b"/people/ada-lovelace", b"/files/3mib.bin", b"/search\tengine", b"/people/ada-lovelace\t+", b"\t$", b"/nothing",
                   b"URL:https://example.org/", b"GET / HTTP/1.0", b"/files/notes.txt"]
FINGER_REQUESTS = [b"", b"/W", b"ada-lovelace", b"/W ada", b"ada@host", b"engine"]
OTHERS = [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"SSH-2.0-x\r\n", b"\x80\x2e\x01\0\2\0\x15\0\0\0\x10", b"\r\n\r\n", b"\0" * 40,
          b"EHLO x\r\n", b"titan://localhost/x;size=3\r\nabc"]


def memory(server):
    """Bytes that each worker has to itself."""
    return {pid: sum(int(line.split()[1]) * 1024 for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                     if line.startswith("Private_")) for pid in server.workers()}


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Hostile:
    """Connections of one generator, the last OPEN of them still open."""

    def __init__(self, server, rng):
        self.server, self.rng = server, rng
        self.waiting = collections.deque()
        self.kinds = collections.Counter()
        self.hellos = []
        for name in ("localhost", "example.org", None):
            with Client(server.port, sni=name) as client:
                self.hellos.append(client.hello())

    def mutated(self, data):
        """Some bytes flipped, cut out, doubled, put in or set to an extreme."""
        data = bytearray(data)
        for _ in range(self.rng.choice((1, 1, 2, 4, 8))):
            at = self.rng.randrange(len(data) + 1)
            how = self.rng.randrange(6)
            if how == 0 and at < len(data):
                data[at] ^= 1 << self.rng.randrange(8)
            elif how == 1 and at < len(data):
                data[at] = self.rng.choice((0, 1, 0x7f, 0x80, 0xff, 10, 13, 9))
            elif how == 2:
                del data[at:at + self.rng.randrange(1, 40)]
            elif how == 3:
                data[at:at] = self.rng.randbytes(self.rng.randrange(1, 40))
            elif how == 4:
                data[at:at] = data[at:at + self.rng.randrange(1, 200)]
            else:
                del data[at:]
        return bytes(data)

    def maybe_mutated(self, data):
        return self.mutated(data) if self.rng.random() < 0.6 else data

    def connect(self, port):
        s = socket.socket()
        if self.rng.random() < 0.2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(5)
        s.connect(("127.0.0.1", port))
        return s

    def say(self, s, data):
        """In one piece or in some."""
        pieces = self.rng.choice((1, 1, 1, 2, 5))
        size = max(1, -(-len(data) // pieces))
        for i in range(0, len(data), size):
            s.sendall(data[i:i + size])

    # ---- what is said, one method a kind ----

    def silent(self):
        return self.connect(self.rng.choice(self.server.ports))

    def hello(self):
        s = self.connect(self.rng.choice((self.server.port, self.server.gopher)))
        self.say(s, self.maybe_mutated(self.rng.choice(self.hellos)))
        return s

    def noise_after_hello(self):
        s = self.connect(self.server.port)
        s.sendall(self.rng.choice(self.hellos))
        if self.rng.random() < 0.5:
            s.recv(4096)
        kind = self.rng.choice((20, 21, 22, 23, 0, 255))
        body = self.rng.randbytes(self.rng.choice((0, 1, 2, 40, 300)))
        self.say(s, bytes((kind, 3, 3)) + len(body).to_bytes(2, "big") + self.maybe_mutated(body + b"x"))
        return s

    def other(self):
        s = self.connect(self.rng.choice(self.server.ports))
        self.say(s, self.maybe_mutated(self.rng.choice(OTHERS + [self.rng.randbytes(self.rng.randrange(1, 3000))])))
        return s

    def gopher(self):
        s = self.connect(self.server.gopher)
        self.say(s, self.maybe_mutated(self.rng.choice(GOPHER_REQUESTS) + b"\r\n"))
        return s

    def finger(self):
        s = self.connect(self.server.finger)
        self.say(s, self.maybe_mutated(self.rng.choice(FINGER_REQUESTS) + b"\r\n"))
        return s

    def header(self):
        """Of a proxy, in one of its two versions."""
        a, b, port = self.rng.randbytes(4), self.rng.randbytes(4), self.rng.randrange(65536)
        if self.rng.random() < 0.5:
            return f"PROXY TCP4 {socket.inet_ntoa(a)} {socket.inet_ntoa(b)} {port} 70\r\n".encode()
        return b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11" + struct.pack("!H", 12) + a + b + struct.pack("!HH", port, 70)

    def proxy(self):
        to_gemini = self.rng.random() < 0.5
        s = self.connect(self.server.proxied_gemini if to_gemini else self.server.proxied_gopher)
        then = self.rng.choice(self.hellos) if to_gemini else self.rng.choice(GOPHER_REQUESTS) + b"\r\n"
        self.say(s, self.maybe_mutated(self.header()) + then)
        return s

    def talk(self):
        """A whole handshake, then a request that may be broken, in records that may be, too."""
        client = Client(self.server.port, sni=self.rng.choice(("localhost", "LOCALHOST", "example.org")))
        s = client.socket
        client.shake_hands()
        request = self.server.url(self.rng.choice(GEMINI_REQUESTS)).encode() + b"\r\n"
        for piece in self.rng.choice(([request], [request[:9], request[9:]], [request[:-2]], [])):
            client.tls.write(self.maybe_mutated(piece) or b"x")
        if self.rng.random() < 0.2:
            try:
                client.tls.unwrap()
            except ssl.SSLError:
                pass
        data = client.outgoing.read()
        if self.rng.random() < 0.3:
            data = self.mutated(data)
        self.say(s, data)
        return s

    KINDS = (silent, hello, hello, hello, noise_after_hello, other, gopher, gopher, finger, proxy, proxy, talk, talk)

    # ---- how it ends ----

    def visit(self):
        kind = self.rng.choice(self.KINDS)
        self.kinds[kind.__name__] += 1
        try:
            s = kind(self)
        except (OSError, ssl.SSLError):  # the server was faster to end it
            return
        how = self.rng.randrange(5)
        if how == 0:
            reset(s)
        elif how == 1:
            s.close()
        else:
            if how == 2:
                try:
                    s.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
            self.waiting.append(s)
        if len(self.waiting) > OPEN:
            self.end(self.waiting.popleft())

    def end(self, s):
        """Later, after some of what came was read, or none."""
        s.setblocking(False)
        try:
            for _ in range(self.rng.choice((0, 0, 1, 100))):
                if not s.recv(65536):
                    break
        except OSError:
            pass
        (reset if self.rng.random() < 0.3 else socket.socket.close)(s)

    def end_all(self):
        while self.waiting:
            self.end(self.waiting.popleft())


class Honest:
    """Somebody who asks properly, on every protocol, and knows what is right."""

    def __init__(self, server):
        self.server, self.slowest = server, 0
        self.expected = self.ask()

    def plain(self, port, request):
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(request)
            data = b""
            while piece := s.recv(65536):
                data += piece
        return data

    def ask(self):
        return (self.server.get("/people/ada-lovelace.gmi", context=TRUSTING).data,
                self.plain(self.server.gopher, b"/people/ada-lovelace\r\n"),
                self.plain(self.server.finger, b"ada-lovelace\r\n"),
                self.plain(self.server.proxied_gopher, b"PROXY TCP4 192.0.2.7 127.0.0.1 1000 70\r\n/people/ada-lovelace\r\n"))

    def check(self):
        began = time.monotonic()
        assert self.ask() == self.expected
        self.slowest = max(self.slowest, time.monotonic() - began)


@pytest.fixture
def server(start, small_copy):
    ports = [free_port() for _ in range(4)]
    gopher, finger, proxied_gopher, proxied_gemini = ports
    server = start("--gopher", f"127.0.0.1:{gopher}", "--gopher", f"proxy 127.0.0.1:{proxied_gopher}",
                   "--gemini", f"proxy 127.0.0.1:{proxied_gemini}", "--finger", f"127.0.0.1:{finger}", "--proxies", "127.0.0.0/8",
                   "--request-seconds", str(REQUEST), "--write-seconds", str(WRITE), capsule=small_copy)
    server.gopher, server.finger, server.proxied_gopher, server.proxied_gemini = ports
    server.ports = [server.port, *ports]
    return server


def visits(server, honest, rng, n):
    hostile = Hostile(server, rng)
    for i in range(n):
        hostile.visit()
        if i % EVERY == 0:
            honest.check()
    hostile.end_all()
    assert len(hostile.kinds) == len(set(Hostile.KINDS))


def at_rest(server, files):
    """When all deadlines are over the workers hold the files they held, and have given back memory that a burst took."""
    wait_for(lambda: server.files() <= files, REQUEST + WRITE + 5, 0.1)
    time.sleep(0.7)
    return memory(server)


def test_a_storm_of_broken_connections_leaves_nothing_behind(server):
    rng = random.Random(SEED)
    honest = Honest(server)
    workers, files = server.workers(), server.files()
    visits(server, honest, rng, max(1000, MUTATIONS // 10))  # what is made once and kept is there
    before = at_rest(server, files)
    visits(server, honest, rng, MUTATIONS)
    after = at_rest(server, files)
    assert server.workers() == workers, "a worker has died; SEED=%d" % SEED
    assert honest.slowest < 2, honest.slowest
    for pid in workers:
        assert SANITIZED or after[pid] - before[pid] <= LEFT_OVER, (before, after, SEED)
    print(f"{MUTATIONS} connections, SEED={SEED}: {sum(before.values()) >> 10} KiB before, {sum(after.values()) >> 10} KiB after; "
          f"the slowest of four honest requests took {honest.slowest:.3f} s")

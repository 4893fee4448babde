"""Clients that are slow, broken or hostile: each is closed in its time, and nobody else notices.

What waits for a deadline is started all at once, so that the tests take as long as the slowest of them."""

import os
import random
import socket
import ssl
import threading
import time

import pytest

from capsule import BOTH, SANITIZED, SECONDS, trusting, wait_for

REQUEST, WRITE = 2, 3  # the deadlines of the small server
LATE = 1.5


class Ending:
    """How a connection ended: after how many seconds, with which bytes, and whether by a reset."""

    def __init__(self, client, began):
        self.data, self.reset = b"", False
        try:
            while data := client.socket.recv(65536):
                self.data += data
        except ConnectionResetError:
            self.reset = True
        self.seconds = time.monotonic() - began


def slowly(client, data, pause):
    """Sends byte by byte until all is sent or nobody listens."""
    try:
        for i in range(len(data)):
            client.socket.sendall(data[i:i + 1])
            time.sleep(pause)
    except OSError:
        pass


def ending_of_slow(client, data, pause):
    began = time.monotonic()
    sender = threading.Thread(target=slowly, args=(client, data, pause))
    sender.start()
    ending = Ending(client, began)
    sender.join()
    return ending


def silent(client, server):
    return Ending(client, time.monotonic())


def half_a_hello(client, server):
    hello = client.hello()
    client.socket.sendall(hello[:len(hello) // 2])
    return Ending(client, time.monotonic())


def five_bytes(client, server):
    client.socket.sendall(client.hello()[:5])
    return Ending(client, time.monotonic())


def one_byte(client, server):
    client.socket.sendall(b"\x16")
    return Ending(client, time.monotonic())


def hello_byte_by_byte(client, server):
    return ending_of_slow(client, client.hello(), 0.05)


def hello_alone(client, server):
    began = time.monotonic()
    client.socket.sendall(client.hello())
    return Ending(client, began)


def handshake_alone(client, server):
    began = time.monotonic()
    client.shake_hands()
    return Ending(client, began)


def half_a_request(client, server):
    began = time.monotonic()
    client.shake_hands().send(server.url().encode())
    return Ending(client, began)


def lone_lf(client, server):
    began = time.monotonic()
    client.shake_hands().send(server.url().encode() + b"\n")
    return Ending(client, began)


def lf_cr(client, server):
    began = time.monotonic()
    client.shake_hands().send(server.url().encode() + b"\n\r")
    return Ending(client, began)


def lone_cr(client, server):
    began = time.monotonic()
    client.shake_hands().send(server.url().encode() + b"\r")
    return Ending(client, began)


def request_dribbled(client, server):
    """One byte a second, each in a record of its own."""
    began = time.monotonic()
    client.shake_hands()

    def dribble():
        try:
            for byte in server.url("/about-this-and-that").encode()[:5]:
                client.send(bytes([byte]))
                time.sleep(1)
        except OSError:
            pass

    sender = threading.Thread(target=dribble)
    sender.start()
    ending = Ending(client, began)
    sender.join()
    return ending


def empty_records(client, server):
    """TLS records that hold nothing keep a connection no longer alive than silence does."""
    return ending_of_slow(client, client.hello()[:9] + b"\0" * 100, 0.05)


SLOW = [silent, one_byte, five_bytes, half_a_hello, hello_byte_by_byte, hello_alone, handshake_alone, half_a_request,
        request_dribbled, lone_lf, lf_cr, lone_cr, empty_records]


def never_reads(server, result):
    """Asks for a large file and then reads nothing: when did the server let go?"""
    client = server.client(receive=4096)
    client.shake_hands()
    client.send(server.url("/files/10mib.bin").encode() + b"\r\n")
    began = time.monotonic()
    while holds(server, client.socket.getsockname()[1]) and time.monotonic() - began < 12:
        time.sleep(0.05)
    result["seconds"] = time.monotonic() - began
    client.close()


def reads_slowly(server, result):
    """Reads a large file at a steady pace that takes longer than the deadline of one that stands still."""
    began, size = time.monotonic(), 0
    with server.client(receive=16384) as client:
        client.shake_hands()
        client.send(server.url("/files/3mib.bin").encode() + b"\r\n")
        while piece := client.read():
            size += len(piece)
            if time.monotonic() - began < WRITE + 1.5:
                time.sleep(0.05)
    result["seconds"], result["size"] = time.monotonic() - began, size


def holds(server, port):
    """Whether a worker still has its end of the connection with this client port; what it has let go is the kernel's alone."""
    held = set()
    for pid in server.workers():
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                held.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except FileNotFoundError:
                pass
    for line in open("/proc/net/tcp"):
        _, local, remote, _, _, _, _, _, _, inode = line.split()[:10]
        if local.endswith(f":{server.port:04X}") and remote.endswith(f":{port:04X}"):
            return f"socket:[{inode}]" in held
    return False


@pytest.fixture(scope="module")
def endings(small_server):
    """All slow clients at once."""
    results = {"never": {}, "slow": {}}

    def run(visit):
        with small_server.client() as client:
            try:
                results[visit] = visit(client, small_server)
            except Exception as e:  # noqa: BLE001 the test that asks will show it
                results[visit] = e

    threads = [threading.Thread(target=run, args=(visit,)) for visit in SLOW]
    threads += [threading.Thread(target=never_reads, args=(small_server, results["never"])),
                threading.Thread(target=reads_slowly, args=(small_server, results["slow"]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# ---- deadlines ----

@pytest.mark.parametrize("visit", SLOW, ids=[v.__name__.replace("_", " ") for v in SLOW])
def test_who_does_not_ask_in_time_is_closed(small, endings, visit):
    ending = endings[visit]
    assert isinstance(ending, Ending), ending
    assert REQUEST - 0.2 <= ending.seconds <= REQUEST + LATE, ending.seconds
    if visit in (silent, one_byte, five_bytes, half_a_hello, hello_byte_by_byte):
        assert ending.data == b""


def test_who_never_reads_is_closed(small, endings):
    assert WRITE - 0.2 <= endings["never"]["seconds"] <= WRITE + LATE, endings["never"]


def test_who_reads_slowly_but_steadily_gets_all(small, endings):
    size = len(b"20 application/octet-stream\r\n") + (small.capsule / "files/3mib.bin").stat().st_size
    assert endings["slow"]["size"] == size and endings["slow"]["seconds"] > WRITE + 1, endings["slow"]


# ---- what is no TLS ----

RANDOM = random.Random(1843)


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"gemini://localhost/\r\n",
    b"\r\n",
    b"\0",
    b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\x01\x00\x80" * 7 + bytes(16),
    b"SSH-2.0-OpenSSH_9.2\r\n",
    bytes(RANDOM.randrange(256) for _ in range(100)),
    b"\x17\x03\x03\x00\x05hello",
    b"\x15\x03\x01\x00\x02\x02\x28",
    b"\x14\x03\x03\x00\x01\x01",
    b"\x16\x03\x01\x00\x00",
    b"\x16\x03\x01\xff\xff",
    b"\x16\x03\x01\x41\x01",
    b"\x16\x02\x00\x00\x05hello",
    b"\x16\x03\x01\x00\x05hello",
    b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
    b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
    b"\x16\x03\x01\x00\x2a\x01\x00\x00\x26\x03\x03" + bytes(36),
], ids=["HTTP", "Gemini in the clear", "an empty line", "a NUL", "the hello of SSL 2", "SSH", "noise", "data before a handshake",
        "an alert", "a change of cipher", "a record of nothing", "a record of 65535 bytes", "a record of 16641 bytes",
        "a version of before", "a broken hello", "an empty hello", "a hello of 16 MiB", "a hello without suites"])
def test_what_is_no_tls_is_closed_at_once(small, data):
    with small.client() as client:
        began = time.monotonic()
        client.socket.sendall(data)
        ending = Ending(client, began)
    if data == b"\x16\x03\x01\x00\x04\x01\xff\xff\xff":  # may go on, and so has its time
        assert ending.seconds < REQUEST + LATE
    else:
        assert ending.seconds < REQUEST - 0.5 and not ending.reset, (ending.seconds, ending.reset)
    assert ending.data == b"" or ending.data[0] == 21, ending.data  # nothing, or an alert


# ---- unusual hellos that are right ----

def finish(client, server):
    client.shake_hands()
    client.send(server.url("/files/notes.txt").encode() + b"\r\n")
    return client.read_all()


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("at", [1, 3, 5, 100])
def test_a_hello_may_come_in_two_parts(small, version, at):
    with small.client(context=trusting(version)) as client:
        hello = client.hello()
        client.socket.sendall(hello[:at])
        time.sleep(0.1)
        client.socket.sendall(hello[at:])
        assert finish(client, small).status == "20"


@pytest.mark.parametrize("version", BOTH)
def test_a_hello_may_come_in_many_records(small, version):
    with small.client(context=trusting(version)) as client:
        hello = client.hello()[5:]
        for i in range(0, len(hello), 64):
            piece = hello[i:i + 64]
            client.socket.sendall(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece)
        assert finish(client, small).status == "20"


@pytest.mark.parametrize("size", [2000, 8000, 15000])
def test_a_hello_may_be_long(small, size):
    context = trusting()
    context.set_alpn_protocols(["x" * 200 + str(i) for i in range(size // 204)])
    with small.client(context=context) as client:
        hello = client.hello()
        assert len(hello) > size
        client.socket.sendall(hello[:1000])
        time.sleep(0.05)
        client.socket.sendall(hello[1000:])
        assert finish(client, small).status == "20"


# ---- halves and breaks ----

@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("path,least", [("/", 100), ("/files/3mib.bin", 3 << 20)])
def test_who_closes_one_direction_still_gets_the_whole_answer(small, version, path, least):
    with small.client(context=trusting(version)) as client:
        client.shake_hands()
        client.send(small.url(path).encode() + b"\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        answer = client.read_all()
    assert answer.status == "20" and len(answer.body) >= least
    assert answer.data == small.get(path).data


def test_who_says_goodbye_before_asking_is_closed_at_once(small):
    for visit in (lambda client: client.socket.shutdown(socket.SHUT_WR), lambda client: goodbye(client)):
        with small.client() as client:
            client.shake_hands()
            began = time.monotonic()
            visit(client)
            assert Ending(client, began).seconds < REQUEST - 0.5


def goodbye(client):
    try:
        client.tls.unwrap()
    except ssl.SSLWantReadError:
        pass
    client.flush()


def test_a_reset_in_the_middle_of_anything_is_no_harm(small):
    for step in range(5):
        for _ in range(10):
            client = small.client()
            if step == 1:
                client.socket.sendall(client.hello()[:100])
            elif step == 2:
                client.socket.sendall(client.hello())
            elif step >= 3:
                client.shake_hands()
            if step == 4:
                client.send(small.url("/files/10mib.bin").encode() + b"\r\n")
                client.read()
            client.reset()


def test_who_never_stops_talking_is_cut_off(small):
    with small.client() as client:
        client.shake_hands()
        began = time.monotonic()
        with pytest.raises((OSError, ssl.SSLError, AssertionError)):
            for _ in range(100000):
                client.send(b"x" * 1000)
                assert time.monotonic() - began < SECONDS
        assert time.monotonic() - began < SECONDS


# ---- crowds ----

def visit_together(server, n, path="/"):
    """All connect, then all shake hands, then all ask, then all read."""
    clients = [server.client() for _ in range(n)]
    try:
        for client in clients:
            client.socket.sendall(client.hello())
        for client in clients:
            client.shake_hands()
        for client in clients:
            client.send(server.url(path).encode() + b"\r\n")
        return [client.read_all() for client in clients]
    finally:
        for client in clients:
            client.close()


@pytest.mark.alone
def test_three_hundred_at_once_are_all_answered(directory):
    page = directory.get("/people/tri-dao.gmi").data
    assert [a.data for a in visit_together(directory, 300, "/people/tri-dao.gmi")] == [page] * 300


@pytest.mark.alone
def test_three_hundred_silent_ones_hold_nobody_up(small):
    held = [small.client() for _ in range(300)]
    for client in held[::2]:
        client.socket.sendall(client.hello()[:50])
    for _ in range(30):
        began = time.monotonic()
        assert small.get("/").status == "20" and time.monotonic() - began < REQUEST - 0.5
    for client in held:
        client.close()


@pytest.mark.alone
def test_a_large_download_holds_nobody_up(small):
    stop, sizes = threading.Event(), []

    def download():
        while not stop.is_set():
            sizes.append(len(small.get("/files/10mib.bin").data))

    threads = [threading.Thread(target=download) for _ in range(3)]
    for thread in threads:
        thread.start()
    slowest = 0
    for _ in range(20):
        began = time.monotonic()
        assert small.get("/").status == "20"
        slowest = max(slowest, time.monotonic() - began)
    stop.set()
    for thread in threads:
        thread.join()
    assert slowest < 1.5 and sizes and min(sizes) > 10 << 20, (slowest, len(sizes))


def test_who_comes_when_all_places_are_taken_waits_for_one(start):
    server = start("--connections", "20", workers=1)
    held = [server.client() for _ in range(20)]
    time.sleep(0.1)
    answers = []
    waiting = [threading.Thread(target=lambda: answers.append(server.get("/about.gmi"))) for _ in range(5)]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)
    assert not answers
    began = time.monotonic()
    held.pop().close()
    wait_for(lambda: len(answers) == 5, 3)  # one place is enough for all of them, one after another
    assert time.monotonic() - began < 3 and {a.status for a in answers} == {"20"}
    for thread in waiting:
        thread.join()
    for client in held:
        client.close()


# ---- what is left behind ----

def bad_visit(server, i):
    client = server.client()
    kind = i % 10
    if kind == 1:
        client.socket.sendall(b"GET / HTTP/1.0\r\n\r\n")
    elif kind == 2:
        client.socket.sendall(client.hello()[:200])
    elif kind == 3:
        client.socket.sendall(client.hello())
    elif kind == 4:
        client.socket.sendall(os.urandom(64))
    elif kind >= 5:
        client.shake_hands()
    if kind == 6:
        client.send(b"gemini://localhost")
    elif kind == 7:
        client.send(os.urandom(2000))
    elif kind == 8:
        client.send(server.url("/files/10mib.bin").encode() + b"\r\n")
        client.read()
    elif kind == 9:
        client.send(server.url("/files/notes.txt").encode() + b"\r\n")
    if i % 3:
        client.reset()
    else:
        client.close()


def test_bad_visits_leave_nothing_behind(small):
    for i in range(300):  # so that what is made once and kept is there
        bad_visit(small, i)
    small.get("/files/10mib.bin")
    time.sleep(0.5)
    files, memory = small.files(), small.memory()
    for i in range(300):
        bad_visit(small, i)
    wait_for(lambda: small.files() <= files, REQUEST + WRITE)
    assert SANITIZED or small.memory() - memory < 2048, (memory, small.memory())

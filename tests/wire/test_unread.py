"""Clients that ask and do not read: what the kernel keeps for them is little, and goes when their time is over."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from capsule import free_port, wait_for, write

WRITE = 3
SLACK = 1.5
FILES = {"capsule.yaml": "title: Files\n", "files/short.bin": b"s" * 50_000, "files/long.bin": b"l" * (8 << 20)}


@pytest.fixture
def server(start, tmp_path):
    gopher = free_port()
    server = start("--write-seconds", str(WRITE), "--gopher", f"127.0.0.1:{gopher}", capsule=write(tmp_path / "files", FILES))
    server.gopher = gopher
    return server


def in_kernel(port, client):
    """Bytes that the server's end of a connection holds unsent, or None when there is no such end any more."""
    for line in open("/proc/net/tcp"):
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{client:04X}"):
            return int(fields[4].split(":")[0], 16)
    return None


def ask_gemini(server, name):
    client = server.client(receive=4096)
    client.shake_hands()
    client.send(server.url("/files/" + name).encode() + b"\r\n")
    return client.socket, server.port


def ask_gopher(server, name):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", server.gopher))
    client.sendall(f"/files/{name}\r\n".encode())
    return client, server.gopher


def read_all(client, pause=0.0, most=65536):
    """How many bytes came, and whether the end was a reset."""
    size = 0
    try:
        while piece := client.recv(most):
            size += len(piece)
            time.sleep(pause)
    except ConnectionResetError:
        return size, True
    return size, False


ASKING = [ask_gemini, ask_gopher]


def together(visit, rows):
    """Visits at once, so that all take as long as one."""
    with ThreadPoolExecutor(len(rows)) as pool:
        for done in [pool.submit(visit, *row) for row in rows]:
            done.result()


def never_reads(server, ask, name):
    client, port = ask(server, name)
    me = client.getsockname()[1]
    began = time.monotonic()
    wait_for(lambda: in_kernel(port, me))
    time.sleep(0.3)
    assert 20_000 < in_kernel(port, me) <= 256 * 1024
    wait_for(lambda: in_kernel(port, me) is None, WRITE + SLACK)
    assert WRITE - 0.5 < time.monotonic() - began < WRITE + SLACK
    size, reset = read_all(client)
    assert reset and size < len(FILES["files/" + name])


def test_who_never_reads_holds_little_and_not_for_long(server):
    together(never_reads, [(server, ask, name) for ask in ASKING for name in ("short.bin", "long.bin")])


def reads_slowly(server, ask):
    """The kernel has everything in the first second; the reader takes longer than one may who stands still."""
    client, _ = ask(server, "short.bin")
    began = time.monotonic()
    size, reset = read_all(client, pause=0.4, most=4096)
    assert not reset and size >= len(FILES["files/short.bin"])
    assert time.monotonic() - began > WRITE + 1


def test_who_reads_slowly_what_the_kernel_holds_gets_all_of_it(server):
    together(reads_slowly, [(server, ask) for ask in ASKING])

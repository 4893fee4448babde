"""Private keys are in processes of their own: workers ask for signatures, and hold no byte of a key."""

import os
import signal
import subprocess

import pytest

from capsule import ROOT, Server, name_of, processes_of, wait_for


def signers_of(server):
    return [pid for pid in processes_of(server.process.pid) if name_of(pid) == "almagest-signer"]


def secret_of(folder):
    """The private number of the default host's key, as bytes."""
    text = subprocess.run(["openssl", "pkey", "-in", str(folder / "certs/localhost.key"), "-noout", "-text"],
                          capture_output=True, check=True, text=True).stdout
    digits = text.split("priv:")[1].split("pub:")[0]
    secret = bytes.fromhex("".join(digits.split()).replace(":", ""))
    return secret[-32:].rjust(32, b"\0")


SHADOW = 1 << 36  # bytes: only a sanitizer's book-keeping is as large, and almost none of it is there


def memory_of(pid):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(x, 16) for x in line.split()[0].split("-"))
            if end - begin > SHADOW:
                continue
            if line.split()[1].startswith("r") and not line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                try:
                    memory.seek(begin)
                    yield memory.read(end - begin)
                except OSError:
                    continue


def holds(pid, secret):
    """OpenSSL keeps numbers least significant word first."""
    return any(secret in piece or secret[::-1] in piece for piece in memory_of(pid))


@pytest.fixture
def start(tmp_path):
    servers = []

    def begin(*options):
        servers.append(Server(tmp_path, ROOT / "capsule", *options))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


def test_no_worker_holds_a_private_key(start, tmp_path):
    server = start()  # its keys are made now: nothing of that is left, either
    for _ in range(20):
        assert server.get("/").status == "20"
    assert len(signers_of(server)) == 2
    secret = secret_of(tmp_path)
    assert not any(holds(pid, secret) for pid in [*server.workers(), server.process.pid])


def test_where_the_setting_says_so_workers_hold_the_keys(start, tmp_path):
    server = start("--signer", "off")
    assert server.get("/").status == "20" and signers_of(server) == []
    assert all(holds(pid, secret_of(tmp_path)) for pid in server.workers())  # so the test above can fail


def test_a_signer_that_is_killed_comes_back_with_its_worker(start):
    server = start()
    for pid in signers_of(server):
        os.kill(pid, signal.SIGKILL)
    for _ in range(10):
        try:
            server.get("/about.gmi")
        except (OSError, AssertionError):
            pass  # whose handshake asked in that moment
    wait_for(lambda: len(signers_of(server)) == 2 and len(server.workers()) == 2)
    for _ in range(10):
        assert server.get("/about.gmi").status == "20"


def test_signers_end_with_their_workers_at_a_reload(start):
    server = start()
    before = signers_of(server)
    server.reload()
    wait_for(lambda: len(signers_of(server)) == 2 and not set(signers_of(server)) & set(before))
    assert server.get("/").status == "20"

"""What an operator relies on: limits, proxies, logs, counters, systemd, reloads."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import pytest

from test_smoke import ALMAGEST, ROOT, Server, free_port
from capsule import PEOPLE, wait_for, workers_of, writer_of


@pytest.fixture
def start(tmp_path):
    servers = []

    def begin(*options):
        servers.append(Server(tmp_path, *options))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            assert server.end() == 0


def test_who_asks_too_often_is_told_how_many_seconds_to_wait(start):
    server = start("--request-rate", "1", "--request-burst", "3", "--limit-loopback", "true", "--workers", "1")
    answers = [server.get("/")[0] for _ in range(5)]
    assert [a[:2] for a in answers] == ["20", "20", "20", "44", "44"]
    assert re.fullmatch(r"44 [1-9]\d*", answers[3])
    assert server.plain(server.gopher, b"/\r\n").startswith(b"3Too many requests: wait ")


def test_loopback_is_not_counted_unless_the_settings_say_so(start):
    server = start("--request-rate", "1", "--request-burst", "1")
    assert all(server.get("/")[0].startswith("20") for _ in range(5))


def test_one_address_holds_only_so_many_connections(start):
    server = start("--connections-per-address", "3", "--limit-loopback", "true", "--workers", "1")
    held = [socket.create_connection(("127.0.0.1", server.gopher)) for _ in range(3)]
    time.sleep(0.2)
    with socket.create_connection(("127.0.0.1", server.gopher), 5) as more:
        assert more.recv(1) == b""
    held.pop().close()
    time.sleep(0.2)
    assert server.plain(server.gopher, b"/\r\n").endswith(b".\r\n")


V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", 12) + socket.inet_aton("192.0.2.7") + socket.inet_aton("127.0.0.1") + b"\0\1\0\2"
V1 = b"PROXY TCP4 192.0.2.7 127.0.0.1 1000 70\r\n"
V6 = b"PROXY TCP6 2001:db8:1:2::3 ::1 1000 70\r\n"


@pytest.mark.parametrize("header,address", [(V1, "192.0.2.7"), (V2, "192.0.2.7"), (V6, "2001:db8:1:2::3")])
@pytest.mark.parametrize("piecewise", [False, True])
def test_the_clients_own_address_comes_through_a_proxy(start, header, address, piecewise):
    port = free_port()
    server = start("--gopher", f"proxy 127.0.0.1:{port}", "--proxies", "127.0.0.0/8", "--log-addresses", "full")
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        for piece in ([header[:9], header[9:20], header[20:] + b"/\r\n"] if piecewise else [header + b"/\r\n"]):
            s.sendall(piece)
            time.sleep(0.05 if piecewise else 0)
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    assert answer.endswith(b".\r\n")
    wait_for(lambda: address in server.log_path.read_text())


@pytest.mark.parametrize("what,header", [("no header", b"/\r\n"), ("a line without end", b"PROXY " + b"x" * 200),
                                         ("a bad address", b"PROXY TCP4 1.2.3 4.5.6.7 1 2\r\n/\r\n"),
                                         ("a wrong version", V2[:12] + b"\x31" + V2[13:] + b"/\r\n")])
def test_a_malformed_header_of_a_proxy_ends_the_connection(start, what, header):
    port = free_port()
    server = start("--gopher", f"proxy 127.0.0.1:{port}", "--proxies", "127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.sendall(header)
        try:
            assert s.recv(1) == b""
        except ConnectionResetError:
            pass
    assert server.get("/")[0].startswith("20")


def test_who_is_no_proxy_may_not_speak_as_one(start):
    port = free_port()
    start("--gopher", f"proxy 127.0.0.1:{port}", "--proxies", "10.0.0.0/8")
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        assert s.recv(1) == b""


def test_the_log_in_json_has_no_address_and_no_query(start):
    server = start("--log-form", "json")
    server.get("/search.gmi?secretword")
    wait_for(lambda: '"path":"/search.gmi"' in server.log_path.read_text())
    line = json.loads([x for x in server.log_path.read_text().splitlines() if x.startswith("{")][-1])
    assert line["protocol"] == "gemini" and line["status"] == 20 and line["host"] == "localhost" and line["bytes"] > 100
    assert "address" not in line and "secretword" not in server.log_path.read_text()


def test_the_log_may_tell_the_network_of_a_client(start):
    server = start("--log-addresses", "network")
    server.get("/")
    wait_for(lambda: "127.0.0.0/24" in server.log_path.read_text())


def test_a_log_file_is_opened_again_at_sigusr1(tmp_path, start):
    path = tmp_path / "almagest.log"
    first = free_port()
    server = None
    # the line "ready" goes to the file, too: wait for the port instead
    process = subprocess.Popen([ALMAGEST, "serve", "-c", str(ROOT / "capsule"), "--certs", str(tmp_path / "certs"), "--catalog",
                                str(tmp_path / "catalog"), "--gemini", "off", "--finger", "off", "--workers", "1",
                                "--gopher", f"127.0.0.1:{first}", "--log", str(path)])
    try:
        wait_for(lambda: path.exists() and "ready" in path.read_text())
        path.rename(tmp_path / "old.log")
        process.send_signal(signal.SIGUSR1)
        wait_for(path.exists)

        def asked():
            with socket.create_connection(("127.0.0.1", first), 5) as s:
                s.sendall(b"/about\r\n")
                while s.recv(65536):
                    pass
            return "/about" in path.read_text()

        wait_for(asked)
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_counters_are_written_for_prometheus(tmp_path, start):
    path = tmp_path / "metrics.prom"
    server = start("--metrics", str(path))
    for _ in range(3):
        server.get("/")
    server.plain(server.gopher, b"/nobody\r\n")
    with socket.create_connection(("127.0.0.1", server.gemini)) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        s.recv(10)
    wait_for(lambda: path.exists() and 'requests_total{protocol="gemini",status="2x"} 3' in path.read_text())
    text = path.read_text()
    assert 'requests_total{protocol="gopher",status="5x"} 1' in text and 'refused_total{kind="not_tls"} 1' in text
    assert "almagest_request_seconds_count 4" in text and "almagest_catalog_generation 1" in text
    assert f"almagest_records {PEOPLE}\n" in text and "almagest_rejected_records 0" in text


def test_tickets_outlive_a_restart_when_their_secret_is_kept(tmp_path, start):
    options = ["--ticket-keys", str(tmp_path / "secret")]
    server = start(*options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def visit(server, session=None):
        raw = socket.create_connection(("127.0.0.1", server.gemini), 10)
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            tls.sendall(f"gemini://localhost:{server.gemini}/\r\n".encode())
            while tls.recv(65536):
                pass
            return tls.session, tls.session_reused

    session, _ = visit(server)
    assert server.end() == 0
    server = start(*options)
    assert visit(server, session)[1] is True
    assert os.stat(tmp_path / "secret").st_mode & 0o777 == 0o600


def test_many_reloads_under_load_lose_no_request(start):
    server = start("--workers", "2")
    failures, asked, done = [], [0], threading.Event()

    def read():
        while not done.is_set():
            try:
                assert server.get("/people/tri-dao.gmi")[0].startswith("20 ")
                asked[0] += 1
            except Exception as e:  # noqa: BLE001 whatever a reader would see
                failures.append(repr(e))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(100):
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.08)
    done.set()
    for reader in readers:
        reader.join()
    assert not failures and asked[0] > 200, (failures[:3], asked)
    wait_for(lambda: len(workers_of(server.process.pid)) == 2)  # none was told to go before it could hear


def test_fewer_workers_after_a_reload_serve_all_who_come(tmp_path):
    settings, port = tmp_path / "settings.yaml", free_port()
    settings.write_text("workers: 4\n")
    process = subprocess.Popen([ALMAGEST, "serve", "-c", str(ROOT / "capsule"), "--settings", str(settings), "--certs", str(tmp_path / "certs"),
                                "--catalog", str(tmp_path / "catalog"), "--gemini", "off", "--finger", "off", "--gopher", f"127.0.0.1:{port}"],
                               stderr=subprocess.DEVNULL)

    def is_answered():
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(b"/about\r\n")
            return s.recv(10) != b""

    try:
        wait_for(lambda: len(workers_of(process.pid)) == 4)
        settings.write_text("workers: 1\n")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(workers_of(process.pid)) == 1)
        assert all(is_answered() for _ in range(30))
    finally:
        process.terminate()
        assert process.wait(15) == 0


@pytest.mark.parametrize("options,local,said", [
    (["--request-rate", "40"], "", b"--request-rate: unknown option; did you mean --request-note?"),
    ([], "request_rate: 40\n", b"local.yaml:1:1: error: request_rate:")])
def test_a_new_program_that_refuses_the_settings_is_not_let_in(tmp_path, options, local, said):
    """The new program is this one, but for the name of a setting; one that reads the settings is let in after it."""
    program, log, port = tmp_path / "almagest", tmp_path / "log", free_port()
    old = open(ALMAGEST, "rb").read()
    anew = old.replace(b"\0request_rate\0", b"\0request_note\0")
    assert anew != old
    (tmp_path / "capsule" / "people").mkdir(parents=True)
    (tmp_path / "capsule" / "local.yaml").write_text(local)

    def install(binary):
        (tmp_path / "next").write_bytes(binary)
        (tmp_path / "next").chmod(0o755)
        (tmp_path / "next").rename(program)

    def is_answered():
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(b"/about\r\n")
            return s.recv(10) != b""

    install(old)
    with open(log, "wb") as to:
        process = subprocess.Popen([program, "serve", "-c", "capsule", "--certs", "certs", "--catalog", "catalog", "--gemini", "off", "--finger", "off",
                                    "--gopher", f"127.0.0.1:{port}", *options], cwd=tmp_path, stderr=to)
    try:
        wait_for(lambda: b"\nready\n" in log.read_bytes())
        install(anew)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: b"refuses these settings, as said above; the old one goes on" in log.read_bytes())
        assert said in log.read_bytes() and is_answered()
        assert subprocess.run([program, "serve", "--try", "-c", "capsule", *options], cwd=tmp_path, capture_output=True).returncode != 0
        install(old)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: b"is another program now, and takes over" in log.read_bytes() and log.read_bytes().count(b"ready\n") > 1)
        assert is_answered() and process.poll() is None
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_a_server_told_to_end_while_a_new_program_is_tried_ends(tmp_path):
    """The new program is slow to say that it accepts the settings; what is said to the old one meanwhile is not lost.
    systemd's watchdog is fed on both sides of the trial."""
    program, log, tried = tmp_path / "almagest", tmp_path / "log", tmp_path / "tried"
    (tmp_path / "capsule" / "people").mkdir(parents=True)
    shutil.copy2(ALMAGEST, program)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))
    notify.settimeout(5)
    with open(log, "wb") as to:
        process = subprocess.Popen([program, "serve", "-c", "capsule", "--certs", "certs", "--catalog", "catalog", "--gemini", "off", "--finger", "off",
                                    "--gopher", f"127.0.0.1:{free_port()}"], cwd=tmp_path, stderr=to,
                                   env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")})
    try:
        wait_for(lambda: b"\nready\n" in log.read_bytes())
        (tmp_path / "next").write_text(f'#!/bin/sh\n[ "$2" != --try ] || {{ >tried; sleep 1; }}\nexec "{ALMAGEST}" "$@"\n')
        (tmp_path / "next").chmod(0o755)
        (tmp_path / "next").rename(program)
        process.send_signal(signal.SIGHUP)
        wait_for(tried.exists)
        process.terminate()
        assert process.wait(8) == 0
        words = [notify.recv(100).split(b"=")[0] for _ in range(5)]
        assert words == [b"READY", b"RELOADING", b"WATCHDOG", b"WATCHDOG", b"STOPPING"]
    finally:
        notify.close()
        process.kill()
        process.wait()


def test_the_first_programs_workers_answer_until_a_third_program_does(tmp_path):
    """The second one never gets to serve: the catalog is gone, and a mirror half in place. Neither a new log nor a dead writer ends who answers."""
    program, log, port, half = tmp_path / "almagest", tmp_path / "log", free_port(), tmp_path / "capsule" / ".mirror"
    (tmp_path / "capsule" / "people").mkdir(parents=True)
    shutil.copy2(ALMAGEST, program)

    def is_answered():
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(b"/about\r\n")
            return s.recv(10) != b""

    def is_waited():
        return b"a mirror is half in place" in log.read_bytes().rpartition(b"takes over")[2]

    def take_over():
        shutil.copy2(ALMAGEST, tmp_path / "next")
        (tmp_path / "next").rename(program)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: b"takes over" in log.read_bytes() and is_waited())

    process = subprocess.Popen([program, "serve", "-c", "capsule", "--certs", "certs", "--catalog", "catalog", "--gemini", "off", "--finger", "off",
                                "--workers", "2", "--log", "log", "--gopher", f"127.0.0.1:{port}"], cwd=tmp_path)
    try:
        wait_for(lambda: log.exists() and b"\nready\n" in log.read_bytes())
        elders = set(workers_of(process.pid))
        (tmp_path / "catalog" / "catalog.db").unlink()
        half.mkdir()
        wait_for(is_waited)
        take_over()
        writer = writer_of(process.pid)
        log.rename(tmp_path / "log.1")
        process.send_signal(signal.SIGUSR1)
        wait_for(log.exists)
        os.kill(writer, signal.SIGKILL)
        wait_for(is_waited)
        assert set(workers_of(process.pid)) == elders and is_answered()
        take_over()
        assert set(workers_of(process.pid)) == elders and is_answered()
        half.rmdir()
        wait_for(lambda: len(workers_of(process.pid)) == 2 and not elders & set(workers_of(process.pid)))
        assert is_answered()
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_systemd_hands_over_sockets_and_hears_of_readiness(tmp_path):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    port = listener.getsockname()[1]
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))
    notify.settimeout(15)
    script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid());"
              "os.execv(sys.argv[2], sys.argv[2:])")
    process = subprocess.Popen([sys.executable, "-c", script, str(listener.fileno()), ALMAGEST, "serve", "-c",
                                str(ROOT / "capsule"), "--certs", str(tmp_path / "certs"), "--catalog",
                                str(tmp_path / "catalog"), "--gemini", "off", "--finger", "off", "--workers", "2"],
                               pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL,
                               env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "gopher",
                                    "NOTIFY_SOCKET": str(tmp_path / "notify")})
    try:
        assert b"READY=1" in notify.recv(100)
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.sendall(b"/\r\n")
            assert s.recv(10).startswith(b"i")
        process.send_signal(signal.SIGHUP)
        assert notify.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert b"READY=1" in notify.recv(100)
        process.terminate()
        assert b"STOPPING=1" in notify.recv(100)
    finally:
        process.terminate()
        assert process.wait(15) == 0
        listener.close()


def test_a_worker_that_dies_or_stops_is_replaced(start):
    server = start("--workers", "1")

    def workers():
        return workers_of(server.process.pid)

    first = workers()
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: workers() and workers() != first)
    assert server.get("/")[0].startswith("20")
    assert "ended by signal 9" in server.log_path.read_text()
    second = workers()
    os.kill(second[0], signal.SIGSTOP)
    wait_for(lambda: "has not been heard of" in server.log_path.read_text(), 25)
    wait_for(lambda: workers() and workers() != second)
    assert server.get("/")[0].startswith("20")


@pytest.mark.alone
@pytest.mark.parametrize("protocol", ["gemini", "gopher", "finger"])
def test_who_says_nothing_is_closed_at_the_deadline_on_every_protocol(start, protocol):
    """On some systems the kernel waits for the first byte by itself, which takes nothing off the deadline and adds nothing."""
    server = start("--request-seconds", "3", "--workers", "1")
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", getattr(server, protocol)), 10) as silent:
        try:
            assert silent.recv(1) == b""
        except ConnectionResetError:
            pass
    assert 2.5 < time.monotonic() - began < 5.5

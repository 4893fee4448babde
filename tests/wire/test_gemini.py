"""Gemini as real and broken clients speak it: the rest of the table, TLS, slow clients, crowds, programs on a terminal."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from test_smoke import ROOT, Server

SECONDS = 2  # the deadline of a request in these tests


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    capsule = tmp_path_factory.mktemp("capsule")
    shutil.copytree(ROOT / "capsule", capsule, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".catalog"))
    (capsule / "files").mkdir(exist_ok=True)
    (capsule / "files" / "large.bin").write_bytes(os.urandom(1 << 20) * 10)
    (capsule / "files" / "small.txt").write_text("small\n")
    (capsule / "files" / ".hidden").write_text("hidden\n")
    (capsule / "files" / "out").symlink_to("/etc/passwd")
    (capsule / "people" / "gone-person.yaml").write_text("name: Gone\ntagline: x\nwithdrawn: Gone at her wish.\n")
    s = Server(tmp_path_factory.mktemp("server"), "-c", str(capsule), "--request-seconds", str(SECONDS), "--write-seconds", "3",
               "--host", "localhost", "--host", "a.example", "--host", "b.example", "--reader-ports", "1965")
    s.capsule = capsule
    yield s
    assert s.end() == 0


def alive(server):
    return server.get("/")[0].startswith("20 ")


def url(server, rest=b"/"):
    return b"gemini://localhost:%d%s" % (server.gemini, rest)


ROWS = [
    ("a raw control character", b"/a\x01b", b"59 "),
    ("a blank", b"/a b", b"59 "),
    ("raw letters beyond ASCII", "/é".encode(), b"59 "),
    ("raw bad UTF-8", b"/\xff", b"59 "),
    ("escaped bad UTF-8", b"/%ff", b"59 "),
    ("what STD 66 does not allow", b"/<x>", b"59 "),
    ("a %2e%2e above the root", b"/%2e%2e/x", b"59 "),
    ("escaped unreserved characters", b"/%69ndex.gmi", b"20 "),
    ("a former or other spelling of the root", b"/./index.gmi", b"20 "),
    ("exactly 1024 bytes", None, b"51 "),
    ("a withdrawn profile", b"/people/gone-person.gmi", b"52 Gone at her wish."),
    ("a file", b"/files/small.txt", b"20 text/plain; charset=utf-8"),
    ("a hidden file", b"/files/.hidden", b"51 "),
    ("a link that leads out", b"/files/out", b"51 "),
    ("a folder of files", b"/files/", b"51 "),
    ("out of the files", b"/files/../local.yaml", b"51 "),
    ("settings of the machine", b"/local.yaml", b"51 "),
]


@pytest.mark.parametrize("what,rest,expected", ROWS, ids=[r[0] for r in ROWS])
def test_a_row_of_the_table(server, what, rest, expected):
    line = url(server, rest if rest is not None else b"/")
    if rest is None:
        line += b"x" * (1024 - len(line))
    assert server.ask(line + b"\r\n").startswith(expected)
    assert alive(server)


def test_a_byte_order_mark_is_told(server):
    assert server.ask(b"\xef\xbb\xbf" + url(server) + b"\r\n").startswith(b"59 ")


def test_ports_that_readers_use_and_the_default_one_are_ours(server):
    assert server.ask(b"gemini://localhost/\r\n").startswith(b"20 ")
    assert server.ask(b"gemini://127.0.0.1:%d/\r\n" % server.gemini).startswith((b"20 ", b"53 "))


def test_what_follows_the_line_is_ignored_and_nothing_is_reset(server):
    answer = server.ask(url(server) + b"\r\n" + b"x" * 100_000)
    assert answer.startswith(b"20 ") and answer == server.ask(url(server) + b"\r\n")


def secure(server, sni="localhost", **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in options.items():
        if name == "chain":
            context.load_cert_chain(*value)
        else:
            setattr(context, name, value)
    raw = socket.create_connection(("127.0.0.1", server.gemini), 20)
    return context.wrap_socket(raw, server_hostname=sni, suppress_ragged_eofs=False)


@pytest.mark.parametrize("what,line", [("a bare LF", b"\n"), ("LF CR", b"\n\r"), ("nothing", b""), ("half a line", b"gem")])
def test_a_line_that_does_not_end_gets_no_answer_and_ends_at_the_deadline(server, what, line):
    with secure(server) as s:
        s.sendall(url(server) + line)
        began = time.monotonic()
        try:
            assert s.recv(100) == b""
        except (ssl.SSLEOFError, ConnectionResetError):
            pass
        assert SECONDS - 0.7 < time.monotonic() - began < SECONDS + 1.5
    assert alive(server)


def test_who_dribbles_is_closed_at_the_deadline_all_the_same(server):
    with secure(server) as s:
        began = time.monotonic()
        with pytest.raises((ssl.SSLError, OSError)):
            for byte in url(server, b"/" + b"x" * 50):
                s.sendall(bytes([byte]))
                time.sleep(0.25)
        assert time.monotonic() - began < SECONDS + 2.5
    assert alive(server)


@pytest.mark.parametrize("what,hello", [("silence", b""), ("half a hello", b"\x16\x03\x01\x02\x00\x01"), ("one byte", b"\x16")])
def test_who_never_finishes_a_hello_is_closed_at_the_deadline(server, what, hello):
    with socket.create_connection(("127.0.0.1", server.gemini), 20) as s:
        s.sendall(hello)
        began = time.monotonic()
        try:
            assert s.recv(100) == b""
        except ConnectionResetError:
            pass
        assert SECONDS - 0.7 < time.monotonic() - began < SECONDS + 1.5
    assert alive(server)


@pytest.mark.parametrize("what,bytes_", [("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ("SSLv2", b"\x80\x2e\x01\x03\x01" + b"x" * 40),
                                         ("noise", bytes(range(1, 200))), ("a record of no length", b"\x16\x03\x01\x00\x00"),
                                         ("a record too long", b"\x16\x03\x01\xff\xff"), ("a broken hello", b"\x16\x03\x01\x00\x05hello")])
def test_what_is_no_tls_is_closed_at_once(server, what, bytes_):
    with socket.create_connection(("127.0.0.1", server.gemini), 20) as s:
        s.sendall(bytes_)
        began = time.monotonic()
        try:
            while s.recv(100):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - began < SECONDS - 0.7
    assert alive(server)


def test_tls_1_1_is_refused(server):
    with pytest.raises((ssl.SSLError, OSError)):
        secure(server, minimum_version=ssl.TLSVersion.TLSv1_1, maximum_version=ssl.TLSVersion.TLSv1_1)


def test_each_host_shows_its_own_certificate_in_turn(server):
    seen = []
    for name in ("a.example", "b.example", "a.example", "nobody.example", "localhost"):
        with secure(server, sni=name) as s:
            seen.append(s.getpeercert(True))
            s.sendall(b"gemini://%s:%d/\r\n" % (name.encode(), server.gemini))
            assert s.recv(3) == (b"53 " if name == "nobody.example" else b"20 ")
    assert seen[0] == seen[2] != seen[1] and seen[3] == seen[4] not in seen[:2]


def test_no_sni_is_the_default_host(server):
    with secure(server, sni=None) as s:
        s.sendall(url(server) + b"\r\n")
        assert s.recv(3) == b"20 "


def test_a_client_certificate_does_no_harm(server, tmp_path):
    key, crt = tmp_path / "key", tmp_path / "crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=reader", "-keyout", key, "-out", crt,
                    "-days", "2"], check=True, capture_output=True)
    with secure(server, chain=(crt, key)) as s:
        s.sendall(url(server) + b"\r\n")
        assert s.recv(3) == b"20 "


def test_a_certificate_names_addresses_as_names_and_addresses(server, tmp_path):
    own = Server(tmp_path)
    out = subprocess.run(["openssl", "x509", "-in", tmp_path / "certs" / "127.0.0.1.crt", "-noout", "-ext", "subjectAltName"],
                         capture_output=True, text=True, check=True).stdout
    assert "DNS:127.0.0.1" in out and "IP Address:127.0.0.1" in out
    assert (tmp_path / "certs" / "localhost.key").stat().st_mode & 0o777 == 0o600
    assert own.end() == 0


def test_a_large_file_arrives_whole(server):
    whole = server.ask(url(server, b"/files/large.bin") + b"\r\n")
    assert whole == b"20 application/octet-stream\r\n" + (server.capsule / "files" / "large.bin").read_bytes()
    assert alive(server)


def test_half_a_close_still_gets_the_whole_answer(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", server.gemini), 10) as s:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                s.sendall(outgoing.read())
                incoming.write(s.recv(65536))
        tls.write(url(server) + b"\r\n")
        s.sendall(outgoing.read())
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while True:
            try:
                piece = tls.read(65536)
                if not piece:
                    break
                answer += piece
            except ssl.SSLWantReadError:
                incoming.write(s.recv(65536))
            except ssl.SSLZeroReturnError:
                break
    assert answer.startswith(b"20 ") and answer.endswith(b"\n")


def test_three_hundred_at_once_are_all_answered_beside_three_hundred_silent_ones(server):
    silent = [socket.create_connection(("127.0.0.1", server.gemini)) for _ in range(300)]
    good = []

    def visit():
        good.append(server.get("/people/tri-dao.gmi")[0].startswith("20 "))

    visitors = [threading.Thread(target=visit) for _ in range(300)]
    for v in visitors:
        v.start()
    for v in visitors:
        v.join()
    for s in silent:
        s.close()
    assert len(good) == 300 and all(good)


def test_descriptors_come_back_after_a_crowd_of_broken_clients(server):
    def descriptors():
        children = open(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read().split()
        return sum(len(os.listdir(f"/proc/{c}/fd")) for c in children)

    time.sleep(SECONDS + 3)
    before = descriptors()
    for i in range(300):
        s = socket.create_connection(("127.0.0.1", server.gemini))
        s.sendall([b"", b"\x16\x03", b"GET /\r\n", os.urandom(30)][i % 4])
        if i % 3 == 0:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    time.sleep(SECONDS + 3)
    assert descriptors() <= before + 2
    assert alive(server)


def test_an_edit_is_seen_after_sighup_and_a_broken_one_keeps_the_last_good_version(server):
    record = server.capsule / "people" / "jason-wei.yaml"
    text = record.read_text()

    def shows(what):
        end = time.monotonic() + 10
        while what not in server.get("/people/jason-wei.gmi")[1]:
            assert time.monotonic() < end
            time.sleep(0.1)

    record.write_text(text.replace("tagline: ", "tagline: Edited just now, "))
    server.process.send_signal(signal.SIGHUP)
    shows("Edited just now")
    record.write_text("name: Jason Wei\ntagline: [broken\n")
    server.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while "jason-wei.yaml: has errors; its last good version stays in service" not in server.log_path.read_text():
        assert time.monotonic() < end
        time.sleep(0.1)
    shows("Edited just now")
    record.unlink()
    server.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while not server.get("/people/jason-wei.gmi")[0].startswith("51 "):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_log_shows_no_control_character_and_no_query(server):
    server.ask(url(server, b"/search.gmi?very%20secret") + b"\r\n")
    server.ask(url(server, b"/%C2%9Bx%E2%80%AEy") + b"\r\n")
    log = server.log_path.read_bytes()
    assert b"secret" not in log and b"\xc2\x9b" not in log and b"\xe2\x80\xae" not in log and b"\x1b" not in log


def test_an_empty_directory_says_how_to_write_the_first_record(tmp_path):
    (tmp_path / "capsule").mkdir()
    own = Server(tmp_path, "-c", str(tmp_path / "capsule"))
    header, body = own.get("/")
    assert header.startswith("20 ") and "people/ada-lovelace.yaml" in body and "tagline: " in body
    assert own.end() == 0


@pytest.mark.parametrize("client", ["amfora", "bombadillo"])
def test_a_reader_on_a_terminal_sees_the_directory(server, client, tmp_path):
    name = f"almagest-{os.getpid()}-{client}"
    env = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm", "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path),
           "XDG_CACHE_HOME": str(tmp_path)}
    tmux = ["tmux", "-L", name]
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24",
                    f"{client} gemini://localhost:{server.gemini}/people/tri-dao.gmi"], check=True, env=env)
    try:
        end, screen = time.monotonic() + 20, ""
        while "Makes long sequences affordable" not in screen:
            assert time.monotonic() < end, screen
            time.sleep(0.2)
            screen = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, env=env).stdout
    finally:
        subprocess.run([*tmux, "kill-server"], env=env)

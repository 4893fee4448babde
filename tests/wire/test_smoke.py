"""What a visitor meets first: the server as one command starts it, read over every protocol."""

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from capsule import free_port

ROOT = Path(__file__).resolve().parents[2]
ALMAGEST = os.environ.get("ALMAGEST", str(ROOT / "build" / "almagest"))


class Server:
    def __init__(self, folder, *options):
        self.gemini, self.gopher, self.finger = free_port(), free_port(), free_port()
        self.log_path = folder / "log"
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [ALMAGEST, "serve", "-c", str(ROOT / "capsule"), "--certs", str(folder / "certs"),
             "--catalog", str(folder / "catalog"), "--workers", "2",
             "--gemini", f"127.0.0.1:{self.gemini}", "--gopher", f"127.0.0.1:{self.gopher}",
             "--finger", f"127.0.0.1:{self.finger}", *options], stderr=self.log)
        deadline = time.monotonic() + 30
        while b"\nready\n" not in self.log_path.read_bytes():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log_path.read_text()
            time.sleep(0.02)

    def ask(self, line, host="localhost", sni="localhost", version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", self.gemini), 10) as raw:
            with context.wrap_socket(raw, server_hostname=sni, suppress_ragged_eofs=False) as tls:
                tls.sendall(line if isinstance(line, bytes) else line.encode())
                answer = b""
                while piece := tls.recv(65536):
                    answer += piece
        return answer

    def get(self, path):
        header, _, body = self.ask(f"gemini://localhost:{self.gemini}{path}\r\n").partition(b"\r\n")
        return header.decode(), body.decode()

    def plain(self, port, request):
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.sendall(request)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        return answer

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(15)
        self.log.close()
        return status


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    s = Server(tmp_path_factory.mktemp("server"))
    yield s
    assert s.end() == 0


ROWS = [
    ("the home page", "gemini://localhost:{p}/", "20 text/gemini; lang=en"),
    ("an empty path is the home page", "gemini://localhost:{p}", "20 text/gemini; lang=en"),
    ("another host is refused", "gemini://example.org:{p}/", "53 "),
    ("another port is refused", "gemini://localhost:1/", "53 "),
    ("another scheme is refused", "https://localhost:{p}/", "53 "),
    ("titan is refused at once", "titan://localhost:{p}/x;size=5", "53 "),
    ("user information is bad", "gemini://a@localhost:{p}/", "59 "),
    ("a fragment is bad", "gemini://localhost:{p}/#x", "59 "),
    ("a relative reference is bad", "/people/", "59 "),
    ("a malformed escape is bad", "gemini://localhost:{p}/%zz", "59 "),
    ("a NUL is bad", "gemini://localhost:{p}/%00", "59 "),
    ("above the root is bad", "gemini://localhost:{p}/../x", "59 "),
    ("dots inside the root are resolved", "gemini://localhost:{p}/people/../index.gmi", "20 "),
    ("a host in another case is ours", "gemini://LOCALHOST:{p}/", "20 "),
    ("a folder serves its index", "gemini://localhost:{p}/people/", "20 "),
    ("a folder without slash moves", "gemini://localhost:{p}/people?x=1", "31 /people/index.gmi?x=1"),
    ("a profile without ending moves", "gemini://localhost:{p}/people/tri-dao", "31 /people/tri-dao.gmi"),
    ("an alias moves", "gemini://localhost:{p}/people/dan-fu.gmi", "31 /people/daniel-y-fu.gmi"),
    ("nothing there", "gemini://localhost:{p}/nothing", "51 "),
    ("the search asks", "gemini://localhost:{p}/search.gmi", "10 "),
    ("somebody at random", "gemini://localhost:{p}/random.gmi", "30 /people/"),
    ("a URL of 1025 bytes is too long", "gemini://localhost:{p}/" + "x" * 1025, "59 "),
]


@pytest.mark.parametrize("what,url,expected", ROWS, ids=[r[0] for r in ROWS])
def test_a_request_gets_its_answer(server, what, url, expected):
    header = server.ask(url.replace("{p}", str(server.gemini)) + "\r\n").partition(b"\r\n")[0].decode()
    assert header.startswith(expected)
    assert server.get("/")[0].startswith("20 ")


def test_tri_daos_neighbours_stand_in_order_with_their_reason(server):
    body = server.get("/people/tri-dao.gmi")[1]
    related = body.split("## Related Researchers")[1]
    for name in ("Albert Gu", "Daniel Y. Fu", "Atri Rudra", "Christopher Ré"):
        assert re.match(r"(?s)\s*=> [a-z-]+\.gmi " + name + r": [^\n]*\nShared canonical source · 4 sources in common\n",
                        related), name
        related = related.split("\n\n", 1)[1]


def test_no_link_of_any_page_leads_to_an_error(server):
    seen, wanted = set(), ["/index.gmi"]
    while wanted:
        path = wanted.pop()
        if path in seen:
            continue
        seen.add(path)
        header, body = server.get(path)
        assert header[:2] in ("20", "10", "30"), (path, header)
        if not header.startswith("20 text/gemini"):
            continue
        assert body.startswith("# ") and len(body.encode()) < 65536, path
        for target in re.findall(r"(?m)^=> (\S+)", body):
            if "://" not in target and not target.startswith("mailto:"):
                wanted.append(os.path.normpath(os.path.join(os.path.dirname(path), target)))
    assert len(seen) > 250


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls_end_with_close_notify(server, version):
    for path in ("/", "/nothing", "/search.gmi"):
        server.ask(f"gemini://localhost:{server.gemini}{path}\r\n", version=version)


def test_sni_and_url_that_disagree_are_refused(server):
    assert server.ask(f"gemini://localhost:{server.gemini}/\r\n", sni="other.example").startswith(b"53 ")


def test_the_same_directory_over_gopher_and_finger(server):
    menu = server.plain(server.gopher, b"\r\n")
    assert menu.endswith(b"\r\n.\r\n") and b"7Search\t/search\tlocalhost\t" in menu and menu.count(b"\r\n") <= 60
    assert server.plain(server.gopher, b"/nobody\n").startswith(b"3Not found: /nobody\t\tnull.host\t1\r\n")
    assert "Christopher Ré" in server.plain(server.gopher, "/search\tré\r\n".encode()).decode()
    assert server.plain(server.finger, b"dao\r\n").startswith(b"Tri Dao\r\n=======\r\n")
    assert b"forwards no queries" in server.plain(server.finger, b"a@b\r\n")


def test_a_reload_loses_no_request(server):
    server.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert server.get("/people/tri-dao.gmi")[0].startswith("20 ")

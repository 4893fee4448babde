"""A server for the tests of Gopher and finger: started on free ports of the loopback, ended by its process id."""

import os
import signal
import socket
import ssl
import subprocess
import time
import unicodedata
from pathlib import Path

from capsule import free_port

ROOT = Path(__file__).resolve().parents[2]
ALMAGEST = os.environ.get("ALMAGEST", str(ROOT / "build" / "almagest"))
SECONDS = 10  # no answer of a test takes as long


def read_all(s):
    answer = b""
    while piece := s.recv(65536):
        answer += piece
    return answer


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Server:
    def __init__(self, folder, *options, capsule=None):
        self.port, self.finger_port = free_port(), free_port()
        self.log_path = folder / "log"
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [ALMAGEST, "serve", "-c", str(capsule or ROOT / "capsule"), "--certs", str(folder / "certs"),
             "--catalog", str(folder / "catalog"), "--gemini", "off", "--gopher", f"127.0.0.1:{self.port}",
             "--finger", f"127.0.0.1:{self.finger_port}", "--workers", "1", *options],
            stderr=self.log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while b"ready\n" not in self.log_path.read_bytes().splitlines(keepends=True):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise AssertionError("not ready: " + self.log_path.read_text())
            time.sleep(0.01)

    def connect(self, port=None):
        return socket.create_connection(("127.0.0.1", port or self.port), SECONDS)

    def ask(self, request, port=None):
        """The whole answer to these bytes; a reset is an error."""
        with self.connect(port) as s:
            s.sendall(request)
            return read_all(s)

    def get(self, selector):
        return self.ask(selector.encode() + b"\r\n")

    def finger(self, query):
        return self.ask(query.encode() + b"\r\n", self.finger_port)

    def ask_tls(self, request):
        """An end without close_notify is an error."""
        with self.connect() as raw:
            with trusting().wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
                tls.sendall(request)
                return read_all(tls)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode


class Item:
    """A line of a menu, taken apart."""

    def __init__(self, line):
        self.type = line[:1]
        self.name, self.selector, self.host, port = line[1:].split("\t")
        self.port = int(port)


def lines_of(answer):
    """The lines of a text or menu; each must end with CRLF and hold no other control character but TAB."""
    text = answer.decode("utf-8")
    assert text.endswith("\r\n")
    lines = text[:-2].split("\r\n")
    for line in lines:
        assert not [c for c in line if (ord(c) < 32 and c != "\t") or 127 <= ord(c) < 160], repr(line)
    return lines


def menu_of(answer):
    """The items of a menu that ends as it must."""
    assert answer == b".\r\n" or answer.endswith(b"\r\n.\r\n"), answer[-80:]
    lines = lines_of(answer)
    assert "." not in lines[:-1]
    return [Item(line) for line in lines[:-1]]


def info(items):
    return "\n".join(i.name for i in items if i.type == "i")


def width(text):
    """Columns on a terminal, as Unicode counts them."""
    columns = 0
    for c in text:
        if unicodedata.category(c) in ("Mn", "Me", "Cf"):
            continue
        columns += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return columns


def check_menu(items, root=False):
    """What holds on every menu that is no error."""
    for i in items:
        assert i.type in "i017hIg9ds", i.name
        assert width(i.name) <= (67 if i.type == "i" else 66), (width(i.name), i.name)
        if i.type == "i":
            assert (i.selector, i.host, i.port) == ("", "null.host", 1), i.name
    home = [i for i in items if i.type == "1" and i.selector in ("", "/")]
    assert root or home


def error_of(answer):
    """The words of the one type 3 line that an error begins with; ways on follow."""
    items = menu_of(answer)
    assert items[0].type == "3" and [i.type for i in items].count("3") == 1
    assert (items[0].selector, items[0].host, items[0].port) == ("", "null.host", 1)
    assert width(items[0].name) <= 66, items[0].name
    check_menu(items[1:])
    return items[0].name


def crawl(ask, port, most=5000):
    """Every answer that can be reached from the root: (type, selector) to bytes."""
    answers, wanted = {("1", ""): ask("")}, [("1", "")]
    while wanted:
        kind, selector = wanted.pop()
        if kind not in "17":
            continue
        for i in menu_of(answers[kind, selector]):
            key = (i.type, i.selector)
            if i.type in "i3" or i.selector.startswith("URL:") or (i.host, i.port) != ("localhost", port):
                continue
            if key in answers:
                continue
            assert len(answers) < most
            answers[key] = ask(i.selector + "\tflash" if i.type == "7" else i.selector)
            wanted.append(key)
    return answers


def write_capsule(folder, files):
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder

"""What a request gets: the table of Gemini requests and answers, row by row."""

import ssl
import time

import pytest

from capsule import SECONDS

TITAN = "titan://localhost:{p}/people/x;mime=text/plain;size=1000000"


def fill(text, server):
    if isinstance(text, str):
        text = text.encode()
    return text.replace(b"{p}", str(server.port).encode())


def long_url(server, size, path=b"/about.gmi"):
    """A URL of exactly this many bytes that leads to the page."""
    head = fill("gemini://localhost:{p}", server)
    room = size - len(head) - len(path)
    return head + b"/." * (room // 2) + path + b"?" * (room % 2)


def rows(*table):
    return pytest.mark.parametrize("request_,expected", [r[1:] for r in table], ids=[r[0] for r in table])


# ---- pages ----

@rows(
    ("a known page", "gemini://localhost:{p}/people/tri-dao.gmi", "# Tri Dao\n"),
    ("the root", "gemini://localhost:{p}/", "# A Directory of Machine Learning Researchers\n"),
    ("an empty path is the root", "gemini://localhost:{p}", "# A Directory of Machine Learning Researchers\n"),
    ("a query with an empty path", "gemini://localhost:{p}?x", "# A Directory of Machine Learning Researchers\n"),
    ("the index of a folder", "gemini://localhost:{p}/people/", "# "),
    ("an address for the host", "gemini://127.0.0.1:{p}/about.gmi", "# "),
    ("a scheme in another case", "GEMINI://localhost:{p}/about.gmi", "# "),
    ("a host in another case", "gemini://LocalHost:{p}/people/tri-dao.gmi", "# Tri Dao\n"),
    ("a host with the root's dot", "gemini://localhost.:{p}/people/tri-dao.gmi", "# Tri Dao\n"),
    ("escaped characters that need no escape", "gemini://localhost:{p}/%70eople/tri%2Ddao%2egmi", "# Tri Dao\n"),
    ("an escaped host", "gemini://local%68ost:{p}/people/tri-dao.gmi", "# Tri Dao\n"),
    ("a dot segment", "gemini://localhost:{p}/./people/./tri-dao.gmi", "# Tri Dao\n"),
    ("two dots inside the root", "gemini://localhost:{p}/topics/../people/tri-dao.gmi", "# Tri Dao\n"),
    ("two dots to the root itself", "gemini://localhost:{p}/people/..", "# A Directory"),
    ("two escaped dots inside the root", "gemini://localhost:{p}/topics/%2e%2E/people/tri-dao.gmi", "# Tri Dao\n"),
    ("a port with a leading zero", "gemini://localhost:0{p}/people/tri-dao.gmi", "# Tri Dao\n"),
)
def test_a_visitor_sees_the_page(directory, request_, expected):
    how = {"sni": None} if "127.0.0.1" in request_ else {}
    answer = directory.ask(fill(request_, directory) + b"\r\n", **how)
    assert answer.header == b"20 text/gemini; lang=en" and answer.text.startswith(expected), answer


def test_an_empty_path_gives_the_same_bytes_as_the_root(directory):
    assert directory.get("").data == directory.get("/").data == directory.get("/index.gmi").data


# ---- moved ----

@rows(
    ("a folder without its slash", "/people", "31 /people/index.gmi"),
    ("the query is kept", "/people?a=b&c", "31 /people/index.gmi?a=b&c"),
    ("an escaped query is kept as it was", "/people?a%20b%C3%A9", "31 /people/index.gmi?a%20b%C3%A9"),
    ("an empty query is kept", "/people?", "31 /people/index.gmi?"),
    ("a profile without its ending", "/people/tri-dao", "31 /people/tri-dao.gmi"),
    ("a profile without its ending, with a query", "/people/tri-dao?x", "31 /people/tri-dao.gmi?x"),
    ("a topic without its ending", "/topics/state-space-models", "31 /topics/state-space-models.gmi"),
    ("a page without its ending", "/about", "31 /about.gmi"),
)
def test_a_visitor_is_led_to_the_canonical_address(directory, request_, expected):
    answer = directory.get(request_)
    assert answer.data == expected.encode() + b"\r\n"
    assert directory.get(answer.meta).status == "20"


# ---- bad requests ----

@rows(
    ("user info", "gemini://me@localhost:{p}/", "user"),
    ("user info and a password", "gemini://me:secret@localhost:{p}/", "user"),
    ("empty user info", "gemini://@localhost:{p}/", "user"),
    ("a fragment", "gemini://localhost:{p}/#there", "fragment"),
    ("an empty fragment", "gemini://localhost:{p}/#", "fragment"),
    ("a relative path", "/people/", "absolute"),
    ("a relative name", "people/tri-dao.gmi", "absolute"),
    ("no scheme", "//localhost:{p}/", "scheme"),
    ("a scheme without a host", "gemini:/people/", "absolute"),
    ("an empty host", "gemini:///people/", "host"),
    ("an empty line", "", "empty"),
    ("a blank", "gemini://localhost:{p}/a b", "blank"),
    ("a blank before the URL", " gemini://localhost:{p}/", "blank"),
    ("brackets outside of an address", "gemini://localhost:{p}/[x]", ""),
    ("angle brackets", "gemini://localhost:{p}/<x>", ""),
    ("a quotation mark", 'gemini://localhost:{p}/"x"', ""),
    ("a backslash", "gemini://localhost:{p}\\people", ""),
    ("a caret", "gemini://localhost:{p}/^", ""),
    ("a port of letters", "gemini://localhost:gemini/", ""),
    ("a port of 65536", "gemini://localhost:65536/", ""),
    ("a port of 0", "gemini://localhost:0/", ""),
    ("an address without its end", "gemini://[::1/", ""),
    ("a scheme that begins with a digit", "9gemini://localhost:{p}/", ""),
    ("an escape of letters", "gemini://localhost:{p}/%zz", "hex"),
    ("an escape of one digit", "gemini://localhost:{p}/%4", "hex"),
    ("an escape of nothing", "gemini://localhost:{p}/100%", "hex"),
    ("a bad escape in a query", "gemini://localhost:{p}/search.gmi?100%", "hex"),
    ("an escaped NUL", "gemini://localhost:{p}/people%00.gmi", "%00"),
    ("an escaped NUL in a query", "gemini://localhost:{p}/search.gmi?%00", "%00"),
    ("an escaped control character", "gemini://localhost:{p}/%1B[2J", ""),
    ("an escape that is no UTF-8", "gemini://localhost:{p}/%FF", "UTF-8"),
    ("an escaped overlong slash", "gemini://localhost:{p}/..%C0%AFetc", "UTF-8"),
    ("a raw control character", "gemini://localhost:{p}/\x07", "control"),
    ("a raw NUL", "gemini://localhost:{p}/\0", "control"),
    ("a raw TAB", "gemini://localhost:{p}/\t", "control"),
    ("a raw DEL", "gemini://localhost:{p}/\x7f", "control"),
    ("a lone CR inside", "gemini://localhost:{p}/\rx", "control"),
    ("a lone LF inside", "gemini://localhost:{p}/\nx", "control"),
    ("a second CR", "gemini://localhost:{p}/\r", "control"),
    ("a byte order mark", b"\xef\xbb\xbfgemini://localhost:{p}/", "byte order mark"),
    ("raw bytes that are no UTF-8", b"gemini://localhost:{p}/\xff\xfe", "UTF-8"),
    ("a raw surrogate", b"gemini://localhost:{p}/\xed\xa0\x80", "UTF-8"),
    ("raw good UTF-8", "gemini://localhost:{p}/people/christopher-ré.gmi", "percent-encode"),
    ("a raw host beyond ASCII", "gemini://bücher.example:{p}/", "percent-encode"),
    ("above the root", "gemini://localhost:{p}/../people/", "above"),
    ("far above the root", "gemini://localhost:{p}/people/../../../etc/passwd", "above"),
    ("above the root with escapes", "gemini://localhost:{p}/%2e%2e/people/", "above"),
    ("above the root half escaped", "gemini://localhost:{p}/people/.%2E/%2e./x", "above"),
    ("HTTP inside TLS", "GET / HTTP/1.1", ""),
)
def test_a_bad_request_is_told_what_is_wrong_with_it(directory, request_, expected):
    answer = directory.ask(fill(request_, directory) + b"\r\n")
    assert answer.status == "59" and expected in answer.meta and answer.body == b"", answer
    assert 0 < len(answer.meta.encode()) <= 1024


def test_an_escaped_slash_does_not_lead_out_of_the_files(directory):
    for path in ("/..%2F..%2Fetc/passwd", "/files/..%2Flocal.yaml", "/files/..%2F..%2FMakefile"):
        assert directory.get(path).status in ("51", "59")


# ---- the length of a URL ----

@pytest.mark.parametrize("size", [1022, 1023, 1024])
def test_a_url_of_1024_bytes_is_fine(directory, size):
    url = long_url(directory, size)
    assert len(url) == size
    assert directory.ask(url + b"\r\n").status == "20"


@pytest.mark.parametrize("size", [1025, 1026, 1027, 2000, 16000])
def test_a_url_of_1025_bytes_is_refused(directory, size):
    url = long_url(directory, size)
    assert len(url) == size
    answer = directory.ask(url + b"\r\n")
    assert answer.status == "59" and "1024" in answer.meta


@pytest.mark.parametrize("size", [1026, 5000, 100000])
def test_a_url_that_is_too_long_is_refused_before_it_ends(directory, size):
    began = time.monotonic()
    answer = directory.ask(long_url(directory, size))
    assert answer.status == "59" and time.monotonic() - began < SECONDS / 2


# ---- other people's requests ----

@rows(
    ("https", "https://localhost:{p}/", "gemini"),
    ("gopher", "gopher://localhost:{p}/1/", "gemini"),
    ("a scheme nobody knows", "x-y+z.1://localhost:{p}/", "gemini"),
    ("mailto", "mailto:someone@example.org", "gemini"),
    ("titan", TITAN, "titan"),
    ("a foreign host", "gemini://example.org:{p}/", "host"),
    ("a foreign host on its own port", "gemini://example.org/", "host"),
    ("a foreign address", "gemini://192.0.2.1:{p}/", "host"),
    ("a name that ends in ours", "gemini://xlocalhost:{p}/", "host"),
    ("a name that begins with ours", "gemini://localhost.example.org:{p}/", "host"),
    ("the default port, which is not ours", "gemini://localhost/", "port"),
    ("an empty port", "gemini://localhost:/", "port"),
    ("another port", "gemini://localhost:1/", "port"),
)
def test_a_request_for_somebody_else_is_told_whom_we_serve(directory, request_, expected):
    answer = directory.ask(fill(request_, directory) + b"\r\n")
    assert answer.status == "53" and expected in answer.meta.lower() and answer.body == b"", answer
    assert "localhost, 127.0.0.1" in answer.meta, "the hosts served are not named"


def test_a_refused_port_is_told_the_right_one(directory):
    assert str(directory.port) in directory.ask(b"gemini://localhost:1/\r\n").meta


@pytest.mark.parametrize("body", [b"", b"x" * 1000, b"x" * 100000])
def test_an_upload_is_refused_before_its_body_has_come(directory, body):
    began = time.monotonic()
    answer = directory.ask(fill(TITAN, directory) + b"\r\n" + body)
    assert answer.status == "53" and "titan" in answer.meta and time.monotonic() - began < SECONDS / 2


def test_the_ports_that_readers_use_are_served_too(start):
    server = start("--reader-ports", "1965", "--reader-ports", "4000")
    for port in ("", ":1965", ":4000", f":{server.port}"):
        assert server.ask(f"gemini://localhost{port}/about.gmi\r\n".encode()).status == "20", port
    assert server.ask(b"gemini://localhost:4001/\r\n").status == "53"


# ---- unknown pages ----

@pytest.mark.parametrize("path", [
    "/nothing", "/nothing.gmi", "/people/nobody", "/people/nobody.gmi", "/people/tri-dao/", "/people//tri-dao.gmi",
    "//people/tri-dao.gmi", "/people/tri-dao.gmi/", "/people/Tri-Dao.gmi", "/people/tri-dao.html", "/people/.gmi", "/.gmi",
    "/people/tri-dao--2.gmi", "/topics/nothing.gmi", "/organizations/nothing.gmi", "/sources/nothing.gmi", "/names/1.gmi",
    "/people/index--0.gmi", "/pages.yaml", "/local.yaml", "/.catalog/", "/pages/nothing.gmi", "/people/*", "/people/%25.gmi",
    "/people/tri-dao.gmi;x", "/certs/localhost.key", "/people/%F0%9F%94%AD.gmi"])
def test_an_unknown_page_shows_the_way_back(directory, path):
    answer = directory.get(path)
    assert answer.status == "51" and "/search.gmi" in answer.meta and answer.body == b"", answer


# ---- how a request is sent ----

def test_what_comes_after_the_line_is_ignored(directory):
    page = directory.get("/people/tri-dao.gmi")
    for more in (b"x", b"\r\n", b"\xff\0\x1b", directory.url("/about.gmi").encode() + b"\r\n", b"y" * 9000):
        assert directory.ask(directory.url("/people/tri-dao.gmi").encode() + b"\r\n" + more).data == page.data


def test_one_connection_serves_one_request(directory):
    with directory.client() as client:
        assert client.ask(directory.url("/about.gmi").encode() + b"\r\n").status == "20"
        client.send(directory.url("/people/tri-dao.gmi").encode() + b"\r\n")
        assert client.socket.recv(100) == b""


def test_a_request_may_come_in_many_records(directory):
    request = directory.url("/people/tri-dao.gmi").encode() + b"\r\n"
    with directory.client() as client:
        client.shake_hands()
        for i in range(len(request)):
            client.send(request[i:i + 1])
        assert client.read_all().text.startswith("# Tri Dao\n")


def test_a_request_may_come_with_the_end_of_the_handshake(directory):
    with directory.client() as client:
        hello = client.hello()
        client.socket.sendall(hello)
        while True:
            client.receive()
            try:
                client.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
        client.tls.write(directory.url("/about.gmi").encode() + b"\r\n")
        client.flush()
        assert client.read_all().status == "20"

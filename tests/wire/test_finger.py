"""The directory by finger, byte for byte."""

import socket
import threading
import time

import pytest

from gopher_server import ROOT, Server, lines_of, read_all, width, write_capsule

ODD = {
    "capsule.yaml": "title: Odd people\n",
    "people/ada-smith.yaml": "name: Ada Smith\ntagline: The first of three\naliases: [Countess]\nformer_slugs: [ada-jones]\n",
    "people/bob-smith.yaml": "name: Bob Smith\ntagline: The second\naliases: [Bobby, Countess of Nothing]\n",
    "people/smith-jones.yaml": "name: Smith Jones\ntagline: Has Smith for a first name\n",
    "people/smithson-lee.yaml": "name: Smithson Lee\ntagline: Begins so\n",
    "people/li-wei.yaml": "name: Li Wei\ntagline: 陈天奇\nnative_name: 李伟\n",
    "people/gone-person.yaml": "name: Gone Person\ntagline: Was here\nwithdrawn: Asked to be removed, à regret\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    s = Server(tmp_path_factory.mktemp("finger"))
    yield s
    assert s.end() == 0


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    s = Server(folder, capsule=write_capsule(folder / "capsule", ODD))
    yield s
    assert s.end() == 0


def ask(server, request):
    return server.ask(request, server.finger_port)


FOUND = [
    ("by slug", b"tri-dao\r\n", "Tri Dao"),
    ("by name", b"tri dao\r\n", "Tri Dao"),
    ("in capitals", b"TRI DAO\r\n", "Tri Dao"),
    ("LF alone", b"tri-dao\n", "Tri Dao"),
    ("blanks around", b"  tri-dao  \r\n", "Tri Dao"),
    ("last name", b"dao\r\n", "Tri Dao"),
    ("last name that others begin with", b"re\r\n", "Christopher Ré"),
    ("last name with its accent", "ré\r\n".encode(), "Christopher Ré"),
    ("beginning", b"guangx\r\n", "Guangxuan Xiao"),
    ("two beginnings", b"chr man\r\n", "Christopher D. Manning"),
    ("alias", b"dan fu\r\n", "Daniel Y. Fu"),
    ("alias as a slug", b"dan-fu\r\n", "Daniel Y. Fu"),
    ("native name", "何恺明\r\n".encode(), "Kaiming He"),
    ("more behind the line", b"tri-dao\r\nrubbish\r\n", "Tri Dao"),
    ("long form", b"/W tri-dao\r\n", "Tri Dao"),
    ("long form with blanks", b"/W   tri-dao \n", "Tri Dao"),
]


@pytest.mark.parametrize("what,request_,name", FOUND, ids=[f[0] for f in FOUND])
def test_somebody_is_found(server, what, request_, name):
    lines = lines_of(ask(server, request_))
    assert lines[:2] == [name, "=" * len(name)]


def test_the_short_form_ends_before_the_related(server):
    short, long = server.finger("tri-dao"), server.finger("/W tri-dao")
    assert len(short) < len(long) and b"finger -l tri-dao" in short and b"Related Researchers\r\n----" not in short
    assert b"Related Researchers\r\n----" in long
    assert b"Summary" in long or b"FlashAttention" in long
    assert all(width(line) <= 70 or "://" in line for line in lines_of(long))


def test_the_long_form_is_the_text_of_the_page(server):
    text = server.get("/people/tri-dao.txt")
    assert server.finger("/W tri-dao") == text


def test_the_addresses_of_the_short_form_are_those_of_its_links(server):
    text = server.finger("tri-dao").decode()
    body, _, addresses = text.rpartition("\r\n\r\n")
    n = len(addresses.strip().split("\r\n"))
    for k in range(1, n + 1):
        assert f"[{k}] " in body and f"[{k}] " in addresses
    assert f"[{n + 1}] " not in text


@pytest.mark.parametrize("request_", [b"\r\n", b"\n", b"  \r\n", b"/W\r\n", b"/W \r\n", b"/W\n"], ids=["CRLF", "LF", "blanks", "/W", "/W blank", "/W LF"])
def test_an_empty_query_lists_people_and_counts_them(server, request_):
    lines = lines_of(ask(server, request_))
    people = len(list((ROOT / "capsule" / "people").glob("*.yaml")))
    assert f"{people} people" in lines[0] and set(lines[1]) == {"="}
    listed = [line for line in lines if line.startswith("* ")]
    assert len(listed) == 17 and len(lines) <= 22
    assert lines[-1].startswith(f"{people - 17} more")
    slug = listed[0].split()[1].rstrip(":")
    assert (ROOT / "capsule" / "people" / f"{slug}.yaml").exists()


def test_a_small_directory_is_listed_whole(odd):
    lines = lines_of(odd.finger(""))
    assert "5 people" in lines[0] and len([x for x in lines if x.startswith("* ")]) == 5
    assert "more" not in lines[-1] and "Gone" not in "".join(lines)


def test_choices_when_several_fit(odd):
    lines = lines_of(odd.finger("smith"))
    assert [x for x in lines if x.startswith("* ")] == ["* bob-smith: Bob Smith", "* ada-smith: Ada Smith"]
    both = lines_of(odd.finger("smit"))
    assert len([x for x in both if x.startswith("* ")]) == 4
    for slug in "ada-smith", "bob-smith":
        assert lines_of(odd.finger(slug))[0] == slug.title().replace("-", " ")


def test_old_names_and_who_was_withdrawn(odd):
    assert lines_of(odd.finger("ada-jones"))[0] == "Ada Smith"
    assert lines_of(odd.finger("bobby"))[0] == "Bob Smith"
    for query in "gone-person", "Gone Person", "/W gone-person":
        assert odd.finger(query) == "Asked to be removed, à regret\r\n".encode()


@pytest.mark.parametrize("query", ["nobody", "x" * 500, "../secret", "/people/tri-dao", "tri-dao.txt", "%", "_", "*", "' OR 1=1 --", "\"",
                                   "-", "...", "a AND b", "NEAR(a b)", "\u202e", "é" * 200, "陈"])
def test_nobody_is_one_line(odd, query):
    lines = lines_of(odd.finger(query))
    assert len(lines) == 1 and "Nobody" in lines[0]


@pytest.mark.parametrize("query", ["a@b", "@b", "tri-dao@localhost", "tri-dao@a@b", "/W a@b", "/W@b", "@"])
def test_forwarding_is_refused_in_words(server, query):
    lines = lines_of(server.finger(query))
    assert len(lines) == 1 and "forwards no queries" in lines[0] and "@" not in lines[0]


@pytest.mark.parametrize("n,good", [(510, True), (511, False), (512, False), (513, False), (65536, False)])
def test_a_query_has_at_most_512_bytes(server, n, good):
    with server.connect(server.finger_port) as s:
        s.sendall(b"x" * n + b"\r\n")
        s.shutdown(socket.SHUT_WR)
        answer = read_all(s)
    assert (b"Nobody" in answer) == good and (b"longer than 512 bytes" in answer) != good


def test_a_query_that_never_ends_is_answered_as_soon_as_it_is_too_long(server):
    assert b"longer than 512 bytes" in ask(server, b"x" * 512)


NOISE = [b"\x07", b"\x1b[31m", b"tri-dao\x1b]0;x\x07", b"\x00", b"tri-dao\x00x", b"\xff\xfe", "\x9b31m".encode(), b"\t\t\t", b"\r\r\r",
         bytes(range(1, 10)) + bytes(range(11, 32)), bytes(range(128, 256)), b"\x16\x03\x01\x02\x00"]


@pytest.mark.parametrize("noise", NOISE)
def test_no_control_byte_comes_back(server, noise):
    answer = ask(server, noise + b"\r\n")
    assert answer.endswith(b"\r\n")
    lines_of(answer)


def test_no_profile_sends_control_bytes(server):
    for file in (ROOT / "capsule" / "people").glob("*.yaml"):
        answer = server.finger("/W " + file.stem)
        assert len(lines_of(answer)) > 20, file.stem


@pytest.mark.parametrize("pieces", [[b"tri-dao\r", b"\n"], [b"/W", b" tri-dao\r\n"], [bytes([c]) for c in b"tri-dao\r\n"]], ids=["CR and LF", "/W", "each byte"])
def test_a_query_in_several_packets(server, pieces):
    with server.connect(server.finger_port) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            s.sendall(piece)
            time.sleep(0.02)
        assert read_all(s).startswith(b"Tri Dao\r\n")


def test_a_client_that_closes_its_half_gets_the_whole_answer(server):
    with server.connect(server.finger_port) as s:
        s.sendall(b"tri-dao\r\n")
        s.shutdown(socket.SHUT_WR)
        assert read_all(s) == server.finger("tri-dao")


def test_what_follows_the_query_does_not_cost_the_answer(server):
    assert ask(server, b"tri-dao\r\n" + b"x" * 200000) == server.finger("tri-dao")


def test_no_tls_on_finger(server):
    assert b"\x16" not in ask(server, b"\x16\x03\x01\x00\x05hello\n")


def test_the_deadline_closes_who_does_not_ask(tmp_path):
    s = Server(tmp_path, "--request-seconds", "1")
    ended = []

    def hold(first, dribble):
        began = time.monotonic()
        with s.connect(s.finger_port) as c:
            c.settimeout(0.1)
            c.sendall(first)
            while time.monotonic() - began < 8:
                try:
                    if c.recv(4096) == b"":
                        break
                except TimeoutError:
                    if dribble:
                        c.sendall(dribble)
                except OSError:
                    break
        ended.append(time.monotonic() - began)

    try:
        threads = [threading.Thread(target=hold, args=row) for row in ((b"", None), (b"tri", None), (b"t", b"a"))]
        for t in threads:
            t.start()
        assert s.finger("tri-dao").startswith(b"Tri Dao")
        for t in threads:
            t.join()
        assert len(ended) == 3 and all(0.8 < e < 3 for e in ended), ended
    finally:
        assert s.end() == 0

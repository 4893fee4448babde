"""The directory over Gopher, byte for byte."""

import re
import socket
import struct
import subprocess
import threading
import time

import pytest

from gopher_server import ALMAGEST, ROOT, Server, check_menu, crawl, error_of, info, lines_of, menu_of, read_all, trusting, width, write_capsule


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    s = Server(tmp_path_factory.mktemp("gopher"))
    yield s
    assert s.end() == 0


@pytest.fixture(scope="module")
def answers(server):
    return crawl(server.get, server.port)


LONG_LINES = "\n".join(["Ré sat here %d" % i for i in range(30000)] + ["x" + "é" * 40000, "\x1b[31mred", "the last"])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300

ODD = {
    "capsule.yaml": "title: Odd people\nintro: A capsule with one of everything.\n",
    "people/kurt-goedel.yaml": (ROOT / "tests/golden/pages/wide/people/kurt-godel.yaml").read_text()
    + "former_slugs: [godel]\naliases: [Logician of Brno]\n",
    "people/li-wei.yaml": "name: Li Wei\ntagline: “Quoted” … and dashed — twice\nnative_name: 李伟\npronunciation: lee way\n",
    "people/jose-nunez.yaml": "name: José Núñez\ntagline: Łódź, Straße, Æon and Ørsted\nnative_name: 陈天奇\n"
    "summary: Ελλάδα και Москва, 10 € ≤ 20 €\n",
    "people/gone-person.yaml": "name: Gone Person\ntagline: Was here\nwithdrawn: Asked to be removed, à regret; " + 'the reason is longer than one line of a menu can be, and all of it is shown' + "\n",
    "people/one-smith.yaml": "name: One Smith\ntagline: The first\naliases: [Smithy]\n",
    "people/two-smith.yaml": "name: Two Smith\ntagline: The second\n",
    "pages/help.gmi": "# Help\n\n=> files/plain.txt Text\n=> files/crlf.txt Text of Windows\n=> files/picture.png Picture\n"
    "=> files/dance.gif Dance\n=> files/paper.pdf Paper\n=> files/song.mp3 Song\n=> files/page.html Page\n"
    "=> files/packed.tar.gz Packed\n=> files/directory.gpub Book\n=> files/records.yaml Records\n"
    "=> gopher://example.org/0/a%20b Elsewhere\n=> gopher://example.org:7070/7/find?old%20words A search\n"
    "=> gopher://example.org/3bad An error\n=> gopher://example.org/ibad A line\n=> gopher://example.org/0a%0D%0Ab Two lines\n"
    "=> https://example.org/ Web\n=> gemini://example.org/ Gemini\n=> mailto:a@example.org Mail\n"
    "```\n\tTab in a table\tof cells\n" + "-" * 100 + "\n```\n",
    "files/plain.txt": "one\n.\ntwo\n\nlast without end",
    "files/crlf.txt": "one\r\ntwo\r\n",
    "files/picture.png": PNG,
    "files/dance.gif": b"GIF89a" + bytes(range(256)),
    "files/paper.pdf": b"%PDF-1.4\n" + bytes(range(256)),
    "files/song.mp3": b"ID3" + bytes(range(256)),
    "files/page.html": "<p>Hello</p>\n",
    "files/packed.tar.gz": b"\x1f\x8b" + bytes(range(256)),
    "files/directory.gpub": b"PK" + bytes(range(256)),
    "files/records.yaml": "a: 1\n",
    "files/long.txt": LONG_LINES,
    "files/.hidden": "hidden\n",
    "files/folder/inner.txt": "inner\n",
    "secret.txt": "secret\n",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    s = Server(folder, capsule=write_capsule(folder / "capsule", ODD))
    yield s
    assert s.end() == 0


@pytest.fixture(scope="module")
def ascii_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ascii")
    s = Server(folder, "--gopher-charset", "us-ascii", capsule=write_capsule(folder / "capsule", ODD))
    yield s
    assert s.end() == 0


# ---- menus ----

def test_the_root_fits_on_sixty_lines(server):
    answer = server.ask(b"\r\n")
    check_menu(menu_of(answer), root=True)
    assert answer.count(b"\r\n") <= 60


def test_each_link_answers_with_the_type_it_announces(answers):
    assert len(answers) > 300
    for (kind, selector), answer in answers.items():
        if kind in "17":
            check_menu(menu_of(answer), root=selector == "")
        elif kind == "0":
            lines = lines_of(answer)
            assert lines[-1] != "." and not lines[0].startswith("3"), selector
        else:
            raise AssertionError((kind, selector))


def test_every_record_is_reached_in_all_its_forms(answers):
    for record in (ROOT / "capsule" / "people").glob("*.yaml"):
        for kind, ending in ("1", ""), ("0", ".txt"), ("0", ".yaml"), ("0", ".bib"):
            if (kind, f"/people/{record.stem}{ending}") not in answers:
                assert ending == ".bib" and "start_here" not in record.read_text(), record
        assert lines_of(answers["0", f"/people/{record.stem}.yaml"]) == record.read_text().rstrip("\n").split("\n")
    for folder in "topics", "organizations", "sources":
        assert [s for t, s in answers if t == "1" and s.startswith(f"/{folder}/")], folder


def test_texts_are_seventy_columns_wide(answers):
    for (kind, selector), answer in answers.items():
        if kind == "0" and selector.endswith(".txt"):
            for line in lines_of(answer):
                assert width(line) <= 70 or re.match(r"\[\d+\] [a-z]+:\S+$", line), line


def test_links_out_are_of_type_h(answers):
    out = [i for (kind, _), answer in answers.items() if kind == "1" for i in menu_of(answer) if i.type == "h"]
    assert len(out) > 200
    for i in out:
        assert re.fullmatch(r"URL:(https?|gemini|mailto):\S+", i.selector), i.selector


def test_nothing_is_cut_and_nothing_is_lost(odd):
    items = menu_of(odd.get("/people/kurt-goedel"))
    check_menu(items)
    said = re.sub(r"\s", "", info(items))
    record = re.sub(r"\s", "", ODD["people/kurt-goedel.yaml"])
    for words in ("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogochuchafisafyddynyrhafodisalongwordasis",
                  "https://example.org/a/very/long/address/that/goes/on/so",
                  "Pneumonoultramicroscopicsilicovolcanoconiosispneumonoultramicroscopicsilicovolcanoconiosis",
                  "数学は不完全である。どのような無矛盾な公理系にも、その中では証明も反証もできない命題が存在する。", "庫爾特·哥德爾",
                  "한국어문장은띄어쓰기를하지만한글자가두칸을차지하므로줄의너비를셀때글자수가아니라칸수를세어야한다."):
        assert words in said and words in record


def test_no_line_begins_with_a_mark_or_a_closing_stop(odd):
    for i in menu_of(odd.get("/people/kurt-goedel")):
        first = i.name.strip()[:1]
        assert not first or first not in "\u0301\u0302\u0303\u0323。、；：", i.name


def test_a_name_that_is_too_long_stands_whole_beneath_its_link(odd):
    items = menu_of(odd.get("/people/kurt-goedel"))
    at = next(n for n, i in enumerate(items) if i.type == "h" and i.name.startswith("Über formal"))
    assert items[at].name.endswith("…")
    whole = ""
    for i in items[at + 1:]:
        if not i.name.startswith("    "):
            break
        whole += " " + i.name.strip()
    assert whole.strip().startswith("Über formal unentscheidbare Sätze") and "für eine Zeile zu lang ist" in whole


def test_preformatted_lines_hold_no_tab_and_are_cut_by_width(odd):
    items = menu_of(odd.get("/help"))
    check_menu(items)
    assert "-" * 67 + "\n" + "-" * 33 in info(items)


def test_continuation_pages_lead_on_and_back(tmp_path):
    people = {f"people/a{n:03d}.yaml": f"name: Aa Smith{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}\n"
              f"tagline: Number {n}\ntopics: [counting]\n" for n in range(450)}
    s = Server(tmp_path, capsule=write_capsule(tmp_path / "capsule", {"capsule.yaml": "title: Many\n", **people}))
    try:
        assert s.get("").count(b"\r\n") <= 60
        selector, seen = "/topics/counting", []
        while selector:
            items = menu_of(s.get(selector))
            check_menu(items)
            seen.append({i.selector for i in items if i.selector.startswith("/people/a")})
            back = [i.selector for i in items if i.name.startswith("Previous")]
            assert (len(back) == 1) == (len(seen) > 1)
            on = [i.selector for i in items if i.name.startswith("Next")]
            selector = on[0] if on else None
        assert [len(p) for p in seen] == [200, 200, 50] and len(set.union(*seen)) == 450
        reached = {x for t, x in crawl(s.get, s.port) if t == "1"}
        assert {f"/people/a{n:03d}" for n in range(450)} <= reached
        assert b"433 more" in s.finger("")
    finally:
        assert s.end() == 0


# ---- selectors ----

SPELLINGS = [
    ("with a slash", b"/people/tri-dao\r\n"),
    ("without a slash", b"people/tri-dao\r\n"),
    ("ended by LF", b"/people/tri-dao\n"),
    ("with .gmi", b"/people/tri-dao.gmi\r\n"),
    ("with TAB and nothing", b"/people/tri-dao\t\r\n"),
    ("TAB +", b"/people/tri-dao\t+\r\n"),
    ("TAB !", b"/people/tri-dao\t!\r\n"),
    ("TAB + with a view", b"/people/tri-dao\t+text/plain\r\n"),
    ("TAB TAB +", b"/people/tri-dao\t\t+\r\n"),
    ("percent-encoded", b"/people/tri%2Ddao\r\n"),
    ("percent-encoded slash", b"%2Fpeople%2Ftri-dao\r\n"),
    ("dot segments", b"/people/../people/./tri-dao\r\n"),
    ("extra lines behind", b"/people/tri-dao\r\nHost: x\r\n\r\n"),
    ("NUL behind the line", b"/people/tri-dao\r\n\x00\xff"),
]


@pytest.mark.parametrize("what,request_", SPELLINGS, ids=[s[0] for s in SPELLINGS])
def test_a_profile_by_any_spelling(server, what, request_):
    answer = server.ask(request_)
    assert menu_of(answer)[0].name == "Tri Dao"
    assert answer == server.get("/people/tri-dao")


@pytest.mark.parametrize("request_", [b"\r\n", b"\n", b"/\r\n", b"/\n", b"index.gmi\r\n", b"/index\r\n", b"\t+\r\n", b"\t!\r\n"],
                         ids=["CRLF", "LF", "slash", "slash LF", "index.gmi", "index", "TAB +", "TAB !"])
def test_the_root_by_any_spelling(server, request_):
    assert server.ask(request_) == server.ask(b"\r\n")


@pytest.mark.parametrize("pieces", [[b"/people/tri-dao\r", b"\n"], [b"/people/", b"tri-dao\r\n"], [b"/", b"people/tri-dao", b"\n"],
                                    [bytes([c]) for c in b"/people/tri-dao\r\n"]],
                         ids=["CR and LF", "in the name", "three", "each byte"])
def test_a_selector_in_several_packets(server, pieces):
    with server.connect() as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            s.sendall(piece)
            time.sleep(0.02)
        assert read_all(s) == server.get("/people/tri-dao")


def test_a_client_that_closes_its_half_gets_the_whole_answer(server):
    with server.connect() as s:
        s.sendall(b"/people\r\n")
        s.shutdown(socket.SHUT_WR)
        assert read_all(s) == server.get("/people")


def test_attributes_for_gopher_1(server):
    title = "A Directory of Machine Learning Researchers"
    expected = (f"+-1\r\n+INFO: 1{title}\t\tlocalhost\t{server.port}\r\n"
                "+VIEWS:\r\n application/gopher+-menu: <512b>\r\n.\r\n").encode()
    assert server.ask(b"\t$\r\n") == expected
    assert server.ask(b"\t$\n") == expected
    assert server.ask(b"/\t$\r\n") == expected


def test_a_selector_is_decoded_once_only(server):
    assert error_of(server.get("/people/tri%252Ddao")) == "Not found: /people/tri%252Ddao"
    assert error_of(server.get("/people/tri%zzdao"))
    assert error_of(server.get("/people/tri%00dao"))


UNKNOWN = [
    ("/nobody", b"/nobody", "/nobody"),
    ("control bytes", b"/a\x1b[31mb\x07\x00\x7fc", "/a_[31mb___c"),
    ("C1 controls", "/a\x9b31m".encode(), "/a_31m"),
    ("bad UTF-8", b"/\xff\xfe\xc3", "/___"),
    ("overlong", b"/\xc0\xaf\xc0\xae", "/____"),
    ("a carriage return inside", b"/a\rb", "/a_b"),
    ("bidi controls", "/a\u202eb".encode(), "/a_b"),
    ("letters beyond ASCII", "/rené".encode(), "/rené"),
    ("a NUL behind a name", b"/people/tri-dao\x00", "/people/tri-dao_"),
    ("a NUL and an ending", b"/people/tri-dao.gmi\x00.txt", "/people/tri-dao.gmi_.txt"),
]


@pytest.mark.parametrize("what,selector,shown", UNKNOWN, ids=[u[0] for u in UNKNOWN])
def test_an_unknown_selector_is_one_error_and_ways_on(server, what, selector, shown):
    answer = server.ask(selector + b"\r\n")
    assert error_of(answer) == "Not found: " + shown
    assert [i.selector for i in menu_of(answer)[-2:]] == ["/search", ""]


@pytest.mark.parametrize("path,near", [("/people/nobody", "/people"), ("/topics/nothing", "/topics"),
                                       ("/organizations/none", "/organizations"), ("/sources/none", "/sources"),
                                       ("/names/qq", "/people")])
def test_the_nearest_page_is_offered(server, path, near):
    answer = server.get(path)
    assert error_of(answer)
    assert menu_of(answer)[1].selector == near


@pytest.mark.parametrize("name", ["/" + "x" * 900, "/" + "陈" * 300, "/" + "é" * 400, "/" + "e\u0301" * 300],
                         ids=["x", "wide", "accents", "marks"])
def test_a_long_unknown_selector_is_shortened(server, name):
    error_of(server.get(name))


# ---- links out, the web, what crawlers ask for ----

@pytest.mark.parametrize("url", ["https://example.org/a?b=c&d='e'", "http://example.org/", "gemini://example.org/", "mailto:a@b.c",
                                 "gopher://example.org/1"])
@pytest.mark.parametrize("before", ["URL:", "/URL:"])
def test_a_url_gets_a_page_that_leads_there(server, before, url):
    escaped = url.replace("&", "&amp;").replace("'", "&#39;")
    answer = server.get(before + url).decode()
    assert answer.startswith("<!DOCTYPE html>") and answer.count(f'"{escaped}"') == 1 and answer.count(f">{escaped}<") == 1
    assert "<script" not in answer and "'e'" not in answer


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
                                 "", "x", "https://a\"><script>alert(1)</script>", "https://a/<script>", "https:", " https://a/",
                                 "https://a/\x1b[31m", "https://a/\x00", "https://a/é", "//a/"])
def test_no_other_url_is_answered(server, url):
    answer = server.get("URL:" + url)
    assert error_of(answer) and b"<!DOCTYPE" not in answer


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_the_web_gets_a_page(server, method):
    head, _, body = server.ask(f"{method} /x HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.0 200 OK" and "Content-Type: text/html; charset=utf-8" in lines and "Connection: close" in lines
    length = int(next(x for x in lines if x.startswith("Content-Length: ")).split()[1])
    assert len(body) == (0 if method == "HEAD" else length) and length > 100
    assert method == "HEAD" or f"gopher://localhost:{server.port}/".encode() in body


def test_caps_txt(server):
    lines = lines_of(server.get("/caps.txt"))
    assert lines[:8] == ["CAPS", "CapsVersion=1", "ExpireCapsAfter=3600", "PathDelimeter=/", "PathIdentity=.", "PathParent=..",
                         "PathParentDouble=FALSE", "PathKeepPreDelimeter=FALSE"]
    assert [x.split("=")[0] for x in lines[8:]] == ["ServerSoftware", "ServerSoftwareVersion", "ServerDescription",
                                                  "ServerDefaultEncoding", "ServerTLSPort"]
    assert "ServerDefaultEncoding=UTF-8" in lines and f"ServerTLSPort={server.port}" in lines
    assert server.get("caps.txt") == server.get("/caps.txt")


def test_robots_txt_and_favicon(server):
    assert lines_of(server.get("/robots.txt"))[0] == "User-agent: *"
    assert lines_of(server.get("robots.txt"))[1] == "Disallow: /search"
    assert len(lines_of(server.get("/favicon.txt"))) == 1


def test_the_feed(server):
    lines = lines_of(server.get("/atom.xml"))
    assert lines[0].startswith("<?xml") and "<feed" in "".join(lines[:3]) and lines[-1] == "</feed>"


# ---- search, connect, random, old addresses ----

@pytest.mark.parametrize("words,found", [("ré", "christopher-re"), ("re", "christopher-re"), ("RÉ", "christopher-re"),
                                         ("flash attention", "tri-dao"), ("dao", "tri-dao"), ("何恺明", "kaiming-he")])
def test_a_search_in_raw_utf_8(server, words, found):
    for request in f"/search\t{words}\r\n", f"search\t{words}\n", f"/search\t{words}\t+\r\n":
        items = menu_of(server.ask(request.encode()))
        check_menu(items)
        assert f"/people/{found}" in [i.selector for i in items]


def test_the_words_of_a_search_stand_over_its_results(server):
    assert '"ré"' in menu_of(server.ask("/search\tré\r\n".encode()))[0].name


@pytest.mark.parametrize("words", ["+flash attention", "$flash", "!flash"])
def test_words_may_begin_with_what_is_a_mark_when_it_stands_alone(server, words):
    answer = server.ask(f"/search\t{words}\r\n".encode())
    assert f'"{words}"' in menu_of(answer)[0].name and b"/people/tri-dao\t" in answer


def test_nothing_found_is_no_error(server):
    items = menu_of(server.get("/search\tzzzzqqqq"))
    check_menu(items)
    assert "Nothing" in info(items)


@pytest.mark.parametrize("words", [b"", b"   ", b"\xff\xfe", b"\"", b"...", b"a\x00b", b"\x1b[31m", b"' OR 1=1 --", b"NEAR(", b"*", b"a" * 900])
def test_a_search_for_odd_words_is_a_menu(server, words):
    check_menu(menu_of(server.ask(b"/search\t" + words + b"\r\n")))


@pytest.mark.parametrize("selector", ["/search", "/connect"])
def test_a_question_is_an_item_that_asks(server, selector):
    items = menu_of(server.get(selector))
    check_menu(items)
    assert [(i.selector, i.host, i.port) for i in items if i.type == "7"] == [(selector, "localhost", server.port)]


def test_how_two_people_connect(server):
    items = menu_of(server.get("/connect\ttri dao, chelsea finn"))
    check_menu(items)
    people = [i.selector for i in items if i.selector.startswith("/people/")]
    assert people[0] == "/people/tri-dao" and people[-1] == "/people/chelsea-finn"
    assert [i for i in items if i.selector.startswith("/sources/")]
    check_menu(menu_of(server.get("/connect\tnobody, somebody else")))
    check_menu(menu_of(server.get("/connect\tonly one")))


def test_somebody_at_random(server):
    found = {menu_of(server.get("/random"))[0].name for _ in range(40)}
    assert len(found) > 5 and not [n for n in found if not n]


def test_old_addresses_are_followed(server, odd):
    assert server.get("/people/dan-fu") == server.get("/people/daniel-y-fu")
    for old in "/people/godel", "people/logician-of-brno", "/people/godel.gmi":
        assert odd.get(old) == odd.get("/people/kurt-goedel")
    assert odd.get("/people/godel.txt") == odd.get("/people/kurt-goedel.txt")


def test_who_was_withdrawn_says_why(odd):
    for path in "/people/gone-person", "/people/gone-person.gmi", "/people/gone-person.txt":
        answer = odd.get(path)
        assert error_of(answer).startswith("Asked to be removed, à regret;")
        assert info(menu_of(answer)).endswith("and all of it is shown")


# ---- files ----

FILES = [("0", "plain.txt"), ("0", "crlf.txt"), ("I", "picture.png"), ("g", "dance.gif"), ("d", "paper.pdf"), ("s", "song.mp3"),
         ("h", "page.html"), ("9", "packed.tar.gz"), ("9", "directory.gpub"), ("0", "records.yaml")]


@pytest.mark.parametrize("kind,name", FILES, ids=[f[1] for f in FILES])
def test_a_file_is_announced_by_its_kind_and_sent_whole(odd, kind, name):
    items = [i for i in menu_of(odd.get("/help")) if i.selector == "/files/" + name]
    assert [i.type for i in items] == [kind]
    content = ODD["files/" + name]
    if kind != "0":
        assert odd.get("/files/" + name) == (content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("name", [n for k, n in FILES if k == "0"])
def test_a_text_file_has_network_line_ends(odd, name):
    lines = ODD["files/" + name].replace("\r", "").rstrip("\n").split("\n")
    assert odd.get("/files/" + name) == ("\r\n".join(lines) + "\r\n").encode()


def test_links_to_other_gophers_keep_their_parts(odd):
    items = {i.name: i for i in menu_of(odd.get("/help"))}
    assert (items["Elsewhere"].type, items["Elsewhere"].selector, items["Elsewhere"].host, items["Elsewhere"].port) == (
        "0", "/a b", "example.org", 70)
    assert (items["A search"].type, items["A search"].selector, items["A search"].port) == ("7", "/find?old words", 7070)
    for odd_one in "An error", "A line", "Two lines":
        assert items[odd_one].type == "h" and items[odd_one].selector.startswith("URL:gopher://example.org/")
    assert items["Web"].selector == "URL:https://example.org/" and items["Web"].host == "localhost"


def test_a_very_long_text_has_network_line_ends_and_no_control_characters(odd):
    assert len(LONG_LINES) > 400 * 1024
    expected = LONG_LINES.replace("\x1b", "").replace("\n", "\r\n") + "\r\n"
    assert odd.get("/files/long.txt") == expected.encode()
    assert odd.ask_tls(b"/files/long.txt\r\n") == expected.encode()


# ---- bad input ----

TRAVERSALS = ["/../secret.txt", "../secret.txt", "/files/../secret.txt", "/files/../../secret.txt", "/files/%2e%2e/secret.txt",
              "/files/..%2fsecret.txt", "/files/%2e%2e%2fsecret.txt", "/files/..\\secret.txt", "/files/....//secret.txt",
              "/files//secret.txt", "//secret.txt", "/files/./../secret.txt", "/%2e%2e/secret.txt", "/files/%252e%252e/secret.txt",
              "/files/\u2025/secret.txt", "/files/.hidden", "/files/%2ehidden", "/files/folder", "/files/", "/files", "/etc/passwd",
              "//etc/passwd", "/files//etc/passwd", "/files/../../../../../../../etc/passwd", "/local.yaml", "/people/../local.yaml",
              "/.catalog", "/people/../secret.txt", "/people/..", "/people/../../people/kurt-goedel", "file:///etc/passwd",
              "/files/plain.txt/", "/files/plain.txt/..", "/files/plain.txt\x00.png", "/files/folder/../../secret.txt"]


@pytest.mark.parametrize("selector", TRAVERSALS)
def test_nothing_outside_is_read(odd, selector):
    answer = odd.get(selector)
    assert b"secret\n" not in answer and b"root:" not in answer and b"hidden\n" not in answer and b"title: Odd" not in answer
    if "people/.." not in selector and selector not in ("/files/plain.txt/..",):
        error_of(answer)
    menu_of(answer)


@pytest.mark.parametrize("raw", [b"/files/\xc0\xae\xc0\xae/secret.txt", b"/files/\x2e\x2e\x00/secret.txt", b"/files/..\xff/secret.txt"])
def test_nothing_outside_is_read_by_bytes(odd, raw):
    error_of(odd.ask(raw + b"\r\n"))


@pytest.mark.parametrize("n", [1024, 1025, 1026, 1027, 4096, 65536])
def test_a_line_that_does_not_end_is_an_error(server, n):
    if n < 1026:
        error_of(server.ask(b"x" * n + b"\r\n"))
    else:
        assert "longer" in error_of(server.ask(b"x" * n))


@pytest.mark.parametrize("noise", [bytes(range(32)) * 20, b"\x00" * 1000, b"\xff" * 1000, b"\t" * 500, bytes(range(128, 256)) * 4,
                                   "é".encode()[:1] * 300, b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\r" * 500, b"%" * 500, b"/" * 1000,
                                   b"/.." * 300, b"?" * 500, b"/people/" * 100])
def test_noise_is_answered_with_a_menu(server, noise):
    menu_of(server.ask(noise + b"\r\n"))
    assert server.get("/people/tri-dao").startswith(b"iTri Dao\t")


def test_hundreds_of_tabs_behind_a_selector(server):
    assert menu_of(server.ask(b"/people/tri-dao" + b"\t" * 900 + b"\r\n"))[0].name == "Tri Dao"


@pytest.mark.parametrize("more", [200 * 1024, 4 * 1024 * 1024])
def test_what_follows_the_selector_does_not_cost_the_answer(server, more):
    expected = server.get("/people")
    with server.connect() as s:
        def send():
            try:
                s.sendall(b"/people\r\n" + b"x" * more)
            except OSError:
                assert more > 256 * 1024
        sender = threading.Thread(target=send)
        sender.start()
        answer = b""
        while len(answer) < len(expected):
            piece = s.recv(65536)
            assert piece
            answer += piece
        sender.join(10)
        assert answer == expected
        if more <= 256 * 1024:
            assert s.recv(1) == b""


def test_resets_in_mid_answer_harm_nobody(odd):
    for _ in range(100):
        s = odd.connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.sendall(b"/files/picture.png\r\n")
        s.recv(10)
        s.close()
    assert odd.get("/files/picture.png") == PNG


def test_hundreds_of_silent_connections_keep_nobody_waiting(server):
    silent = [server.connect() for _ in range(300)]
    try:
        for n, s in enumerate(silent):
            s.sendall([b"", b"/peo", b"\x16", b"\x16\x03\x01\x02\x00"][n % 4])
        began = time.monotonic()
        for _ in range(50):
            assert server.get("/people/tri-dao").startswith(b"iTri Dao\t")
        assert server.ask_tls(b"/people/tri-dao\r\n").startswith(b"iTri Dao\t")
        assert time.monotonic() - began < 2
    finally:
        for s in silent:
            s.close()


def test_the_deadline_closes_who_does_not_ask(tmp_path):
    s = Server(tmp_path, "--request-seconds", "2")
    started = [(b"", None), (b"/people", None), (b"\x16", None), (b"\x16\x03\x01\x02\x00" + b"x" * 100, None), (b"/", b"a"), (b"\x16\x03\x01\x02\x00", b"\x01")]
    ended = [None] * len(started)

    def hold(n, first, dribble):
        began = time.monotonic()
        with s.connect() as c:
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
        ended[n] = time.monotonic() - began

    try:
        threads = [threading.Thread(target=hold, args=(n, *row)) for n, row in enumerate(started)]
        for t in threads:
            t.start()
        time.sleep(1)
        assert s.get("/people/tri-dao").startswith(b"iTri Dao\t")
        for t in threads:
            t.join()
        assert all(1.5 < e < 4 for e in ended), ended
    finally:
        assert s.end() == 0


# ---- TLS on the same port ----

def test_tls_on_the_same_port(server):
    for request in b"\r\n", b"/people/tri-dao\n", b"/nobody\r\n", b"/people\r\n", b"\t$\r\n", b"URL:https://example.org/\r\n", "/search\tré\r\n".encode():
        assert server.ask_tls(request) == server.ask(request)


def test_tls_in_two_packets_and_half_closed(server):
    with server.connect() as raw, trusting().wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
        tls.sendall(b"/people/tri-dao\r")
        time.sleep(0.05)
        tls.sendall(b"\n")
        assert read_all(tls) == server.get("/people/tri-dao")


def test_a_file_over_tls_is_whole(odd):
    assert odd.ask_tls(b"/files/picture.png\r\n") == PNG


@pytest.mark.parametrize("hello", [b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"x" * 2000, b"\x16\r\n", b"\x16\x03\x01\x00\x00",
                                   b"\x16" * 2000])
def test_a_bad_hello_ends_the_connection(server, hello):
    with server.connect() as s:
        s.sendall(hello)
        s.shutdown(socket.SHUT_WR)
        answer = read_all(s)
    assert len(answer) < 50 and b"\t" not in answer


# ---- settings ----

def test_the_advertised_host_and_port(tmp_path):
    s = Server(tmp_path, "--gopher-host", "gopher.example.org", "--gopher-port", "70", "--host", "directory.example.org")
    try:
        for selector in "", "/people/tri-dao", "/search", "/nobody", "/search\tdao":
            items = [i for i in menu_of(s.get(selector)) if i.type not in "i3"]
            assert items and {(i.host, i.port) for i in items} == {("gopher.example.org", 70)}
        assert b"\tgopher.example.org\t70\r\n" in s.ask(b"\t$\r\n")
        assert b"gopher://gopher.example.org:70/" in s.ask(b"GET / HTTP/1.0\r\n\r\n")
        assert b"gemini://directory.example.org" in s.get("/people/tri-dao.txt")
    finally:
        assert s.end() == 0


def test_the_first_of_hosts_is_advertised(tmp_path):
    s = Server(tmp_path, "--host", "directory.example.org", "--host", "other.example.org")
    try:
        assert {(i.host, i.port) for i in menu_of(s.get("/people/tri-dao")) if i.type != "i"} == {("directory.example.org", s.port)}
    finally:
        assert s.end() == 0


def test_show_prints_what_is_sent(tmp_path):
    s = Server(tmp_path, "--gopher-host", "localhost", "--gopher-port", "70")
    try:
        for path in "/index", "/people/tri-dao", "/topics/quantization", "/changes", "/people/index", "/search?flash", "/people/tri-dao.txt":
            page = path if path.endswith(".txt") else path.replace("?", ".gmi?") if "?" in path else path + ".gmi"
            shown = subprocess.run([ALMAGEST, "show", page, "-c", str(ROOT / "capsule"), "--as", "gopher"], capture_output=True, timeout=30,
                                   check=True).stdout
            assert shown.replace(b"\r\n", b"\n") == s.get(path).replace(b"\r\n", b"\n"), path
    finally:
        assert s.end() == 0


# ---- old terminals ----

def test_ascii_alone_on_every_page(ascii_server):
    answers = crawl(ascii_server.get, ascii_server.port)
    assert len(answers) > 25
    for key, answer in answers.items():
        if key[0] in "017":
            assert answer.isascii(), key
        if key[0] in "17":
            check_menu(menu_of(answer), root=key[1] == "")


def test_ascii_alone_in_the_starter_directory(tmp_path):
    s = Server(tmp_path, "--gopher-charset", "us-ascii")
    try:
        for key, answer in crawl(s.get, s.port).items():
            assert answer.isascii(), key
            if key[0] in "17":
                check_menu(menu_of(answer), root=key[1] == "")
        assert b"iChristopher Re\t" in s.get("/people/christopher-re")
        assert b"/people/christopher-re\t" in s.ask("/search\tré\r\n".encode())
    finally:
        assert s.end() == 0


ASCII = [
    ("quotes, dots and dashes", "/people/li-wei", '"Quoted" ... and dashed -- twice'),
    ("pronunciation for the native name", "/people/li-wei", "lee way"),
    ("letters with marks", "/people/jose-nunez", "Jose Nunez"),
    ("letters that have none", "/people/jose-nunez", "Lodz, Strasse, AEon and Orsted"),
    ("Greek by sound", "/people/jose-nunez", "Ellada kai Moskva, 10 EUR <= 20 EUR"),
    ("a code point where nothing is known", "/people/jose-nunez", "[U+9648]"),
    ("the text form", "/people/jose-nunez.txt", "Jose Nunez"),
    ("the record", "/people/jose-nunez.yaml", "name: Jose Nunez"),
    ("the text form's native name", "/people/li-wei.txt", "lee way"),
    ("an unknown selector", "/rené", "Not found: /rene"),
    ("what was searched", "/search\tnúñez", '"nunez"'),
]


@pytest.mark.parametrize("what,selector,expected", ASCII, ids=[a[0] for a in ASCII])
def test_what_is_typed_instead(ascii_server, what, selector, expected):
    answer = ascii_server.get(selector)
    assert answer.isascii() and expected.encode() in answer.replace(b"\r\n", b"\n")


def test_the_native_name_is_replaced_not_spelt_in_numbers(ascii_server):
    assert b"[U+" not in ascii_server.get("/people/li-wei")


@pytest.mark.parametrize("selector", ["", "\t$", "/caps.txt", "/favicon.txt", "/atom.xml", "/robots.txt", "/people/é", "/search", "/connect",
                                      "/search\té", "/connect\té, ö", "/people/gone-person", "URL:https://example.org/", "URL:é",
                                      "GET / HTTP/1.0", "/files/long.txt"])
def test_ascii_alone_in_every_other_answer(ascii_server, selector):
    assert ascii_server.get(selector).isascii()


def test_ascii_lines_are_wrapped_after_they_are_written_out(ascii_server):
    items = menu_of(ascii_server.get("/people/kurt-goedel"))
    check_menu(items)
    assert "[U+" in info(items)


def test_finger_in_ascii(ascii_server):
    for query in "jose-nunez", "", "smith", "é", "gone-person", "kurt-goedel", "/W li-wei":
        assert ascii_server.finger(query).isascii(), query
    assert b"Jose Nunez" in ascii_server.finger("núñez")

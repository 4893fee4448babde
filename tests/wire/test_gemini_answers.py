"""What stands in the answers: headers to the byte, prompts and moves, files, and every page that a visitor can reach."""

import os
import re
import stat

import pytest

from capsule import ROOT

GEMTEXT = b"20 text/gemini; lang=en"
LINK = re.compile(r"(?m)^=>[ \t]*(\S+)(?:[ \t]+(.*))?$")


def resolve(path, target):
    """Where a relative link of a page leads."""
    return os.path.normpath(os.path.join(os.path.dirname(path), target))


def is_relative(target):
    return not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", target)


def crawl(server, first="/index.gmi", most=3000):
    """Every answer that relative links lead to, by its path."""
    answers, wanted = {}, [first]
    while wanted:
        path = wanted.pop()
        if path in answers:
            continue
        assert len(answers) < most
        answers[path] = server.get(path)
        if answers[path].header.startswith(b"20 text/gemini"):
            wanted += [resolve(path, target) for target, _ in LINK.findall(answers[path].text) if is_relative(target)]
    return answers


@pytest.fixture(scope="module")
def answers(directory_server):
    return crawl(directory_server)


# ---- headers ----

@pytest.mark.parametrize("path,header", [
    ("/", GEMTEXT),
    ("/people/tri-dao.gmi", GEMTEXT),
    ("/people/tri-dao.txt", b"20 text/plain; charset=utf-8"),
    ("/people/tri-dao.yaml", b"20 text/plain; charset=utf-8"),
    ("/people/tri-dao.bib", b"20 text/plain; charset=utf-8"),
    ("/atom.xml", b"20 application/atom+xml; charset=utf-8"),
    ("/robots.txt", b"20 text/plain; charset=utf-8"),
    ("/favicon.txt", b"20 text/plain; charset=utf-8"),
    ("/search.gmi?dao", GEMTEXT),
    ("/connect.gmi?tri%20dao,%20albert%20gu", GEMTEXT),
    ("/changes.gmi", GEMTEXT),
    ("/topics/state-space-models.gmi", GEMTEXT),
    ("/about.gmi", GEMTEXT),
])
def test_a_page_says_what_it_is(directory, path, header):
    answer = directory.get(path)
    assert answer.data.startswith(header + b"\r\n") and answer.body
    assert answer.text and not answer.text.startswith("\ufeff") and answer.text.endswith("\n")


@pytest.mark.parametrize("path", ["/search.gmi", "/connect.gmi", "/search.gmi?", "/connect.gmi?"])
def test_a_visitor_is_asked_for_words(directory, path):
    answer = directory.get(path)
    assert re.fullmatch(rb"10 [^\r\n]+\r\n", answer.data), answer


@pytest.mark.parametrize("path,moved", [
    ("/search", "/search.gmi"), ("/connect", "/connect.gmi"), ("/search?r%C3%A9", "/search.gmi?r%C3%A9")])
def test_a_prompt_without_its_ending_leads_to_the_prompt(directory, path, moved):
    assert directory.get(path).data == f"31 {moved}\r\n".encode()


@pytest.mark.parametrize("words,found", [
    ("dao", "Tri Dao"), ("tri%20dao", "Tri Dao"), ("DAO", "Tri Dao"), ("re", "Christopher Ré"), ("r%C3%A9", "Christopher Ré"),
    ("re%CC%81", "Christopher Ré"), ("flashattention", "Tri Dao"), ("princeton", "Tri Dao")])
def test_a_search_finds(directory, words, found):
    answer = directory.get(f"/search.gmi?{words}")
    assert answer.header == GEMTEXT and found in answer.text


@pytest.mark.parametrize("words", [
    "zzzzqqqq", "%22", "*", "a%20OR", "NEAR(", "%27;--", "%F0%9F%94%AD", "%20", "+", "-x", "col:x", "x" * 900])
def test_a_search_for_odd_words_is_answered(directory, words):
    answer = directory.get(f"/search.gmi?{words}")
    assert answer.status in ("20", "10"), answer


def test_chance_leads_to_a_profile_that_exists(directory):
    seen = set()
    for _ in range(12):
        answer = directory.get("/random.gmi")
        assert re.fullmatch(rb"30 /people/[a-z0-9-]+\.gmi\r\n", answer.data), answer
        assert directory.get(answer.meta).header == GEMTEXT
        seen.add(answer.meta)
    assert len(seen) > 3


# ---- addresses of before ----

@pytest.mark.parametrize("path,moved", [
    ("/people/ada-byron.gmi", "/people/ada-lovelace.gmi"),
    ("/people/ada-byron", "/people/ada-lovelace.gmi"),
    ("/people/countess-of-lovelace.gmi", "/people/ada-lovelace.gmi"),
    ("/people/ada-byron.gmi?x", "/people/ada-lovelace.gmi?x"),
])
def test_a_former_address_leads_to_the_present_one(small, path, moved):
    assert small.get(path).data == f"31 {moved}\r\n".encode()
    assert small.get(moved).status == "20"


@pytest.mark.parametrize("path", ["/people/gone-away.gmi", "/people/gone-away"])
def test_a_withdrawn_profile_says_why(small, path):
    assert small.get(path).data == b"52 Removed at the wish of the person\r\n"
    assert "Gone Away" not in small.get("/people/index.gmi").text + small.get("/search.gmi?gone").text


@pytest.mark.parametrize("path", ["/people/gone-away.txt", "/people/gone-away.yaml", "/people/gone-away.bib"])
def test_a_withdrawn_profile_is_gone_in_every_form(small, path):
    assert small.get(path).status in ("51", "52")


def test_a_removed_record_is_gone_after_a_reload(start, small_copy):
    server = start(capsule=small_copy)
    assert server.get("/people/to-be-removed.gmi").status == "20"
    assert "To Be Removed" in server.get("/people/index.gmi").text
    (small_copy / "people/to-be-removed.yaml").unlink()
    server.reload()
    assert server.get("/people/to-be-removed.gmi").status == "51"
    assert "To Be Removed" not in server.get("/people/index.gmi").text


# ---- forms of a record ----

def test_a_record_is_served_as_it_was_written(directory, small):
    for server, slug in ((directory, "tri-dao"), (directory, "christopher-re"), (small, "charles-babbage")):
        assert server.get(f"/people/{slug}.yaml").body == (server.capsule / f"people/{slug}.yaml").read_bytes()


def test_a_plain_text_fits_seventy_columns(directory):
    text = directory.get("/people/tri-dao.txt").text
    assert text.startswith("Tri Dao\n=======\n") and max(map(len, text.split("\n"))) <= 70


def test_the_sources_come_as_bibtex(directory):
    text = directory.get("/people/tri-dao.bib").text
    assert len(re.findall(r"(?m)^@[a-z]+\{\S+,$", text)) >= 10 and text.count("{") == text.count("}")
    assert "FlashAttention" in text


def test_crawlers_are_kept_out_of_what_is_made_on_the_spot(directory):
    lines = directory.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /search", "Disallow: /connect", "Disallow: /random"} == set(lines[1:])


def test_the_icon_is_one_emoji(directory):
    assert len(directory.get("/favicon.txt").text.strip()) == 1


def test_the_feed_has_absolute_addresses_that_exist(directory):
    text = directory.get("/atom.xml").text
    assert text.startswith("<?xml") and '<feed xmlns="http://www.w3.org/2005/Atom"' in text
    entries = re.findall(r"(?s)<entry>.*?</entry>", text)
    assert entries
    for entry in entries:
        assert re.search(r"<title>[^<]+</title>", entry) and re.search(r"<updated>\d{4}-\d\d-\d\dT", entry)
        address = re.search(r'<link[^>]*href="([^"]+)"', entry)[1]
        assert address.startswith(directory.url("/")), address
        assert directory.ask(address.encode() + b"\r\n").status == "20"


def test_the_changes_can_be_subscribed_to(directory):
    text = directory.get("/changes.gmi").text
    dated = re.findall(r"(?m)^=> (\S+) (\d{4}-\d\d-\d\d) (\S.*)$", text)
    assert dated and [d[1] for d in dated] == sorted((d[1] for d in dated), reverse=True)
    assert len({d[0] for d in dated}) == len(dated)


# ---- files ----

@pytest.mark.parametrize("path,header", [
    ("paper.pdf", b"20 application/pdf"),
    ("notes.txt", b"20 text/plain; charset=utf-8"),
    ("folder/inner.png", b"20 image/png"),
    ("3mib.bin", b"20 application/octet-stream"),
    ("folder/../notes.txt", b"20 text/plain; charset=utf-8"),
    ("note%73.txt", b"20 text/plain; charset=utf-8"),
])
def test_a_file_arrives_whole(small, path, header):
    answer = small.get(f"/files/{path}")
    assert answer.header == header
    assert answer.body == (small.capsule / "files" / path.replace("%73", "s")).read_bytes()


@pytest.mark.parametrize("path", [
    "/files/nothing.txt", "/files/../secret.txt", "/files/..%2Fsecret.txt", "/files/%2e%2e/secret.txt", "/files/.hidden",
    "/files/%2Ehidden", "/files/folder/.secret/x.txt", "/files/way-out.txt", "/files/way-out/ada-lovelace.yaml",
    "/files/folder", "/files/folder/", "/files/", "/files", "/files//notes.txt", "/files/notes.txt/", "/files/notes.txt/x",
    "/files/./../../secret.txt", "/files/notes.txt%2F", "/files/notes", "/files/" + "x" * 300, "/files/" + "a/" * 200,
    "/files/folder/../../secret.txt", "/secret.txt", "/files/NOTES.txt"])
def test_what_is_no_file_to_be_read_stays_closed(small, path):
    answer = small.get(path)
    assert answer.status in ("51", "59") and answer.body == b"" and b"not for you" not in answer.data, answer


def test_a_pipe_among_the_files_does_not_stop_the_server(start, small_copy):
    os.mkfifo(small_copy / "files" / "pipe")
    server = start(capsule=small_copy)
    assert server.get("/files/pipe").status == "51"


def test_a_file_put_there_while_serving_is_found(start, small_copy):
    server = start(capsule=small_copy)
    assert server.get("/files/new.txt").status == "51"
    (small_copy / "files/new.txt").write_text("new\n")
    assert server.get("/files/new.txt").body == b"new\n"


# ---- everything that can be reached ----

def test_no_link_leads_to_an_error(directory, answers):
    wrong = {path: a.header for path, a in answers.items() if a.status not in ("20", "10", "30")}
    assert not wrong and len(answers) > 300
    assert {a.status for p, a in answers.items() if p not in ("/search.gmi", "/connect.gmi", "/random.gmi")} == {"20"}


def test_every_record_can_be_reached(directory, answers):
    for record in (ROOT / "capsule/people").rglob("*.yaml"):
        assert f"/people/{record.stem}.gmi" in answers, record
    for page in (ROOT / "capsule/pages").glob("*.gmi"):
        assert f"/{page.name}" in answers


def pages_of(answers):
    return [(path, a.text) for path, a in answers.items() if a.header == GEMTEXT]


def test_every_page_begins_with_its_only_title(directory, answers):
    for path, text in pages_of(answers):
        assert re.match(r"# \S", text), path
        assert len(re.findall(r"(?m)^# ", text)) == 1, path


def test_every_page_is_text_of_a_decent_size(directory, answers):
    for path, text in pages_of(answers):
        assert len(text.encode()) < 65536, path
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", text), path
        assert "\n\n\n" not in text and text.count("```") % 2 == 0, path


def test_every_link_is_an_address_that_clients_read(directory, answers):
    for path, text in pages_of(answers):
        for line in re.findall(r"(?m)^=>.*$", text):
            target, label = LINK.fullmatch(line).groups()
            assert target.isascii() and target.isprintable() and label and label.strip() == label, (path, line)
            assert not re.search(r"%(?![0-9A-Fa-f]{2})", target), (path, line)


def test_relative_links_name_files(directory, answers):
    for path, text in pages_of(answers):
        for target, _ in LINK.findall(text):
            if is_relative(target):
                assert re.fullmatch(r"(?:\.\./)*(?:[a-z0-9-]+/)*[a-z0-9-]+\.[a-z0-9.]+", target), (path, target)


def test_links_to_oneself_and_twice_the_same_are_not_shown(directory, answers):
    for path, text in pages_of(answers):
        if path.startswith("/people/") and path != "/people/index.gmi":
            assert not [t for t, _ in LINK.findall(text) if is_relative(t) and resolve(path, t) == path], path


# ---- the page of Tri Dao ----

def test_tri_daos_page_has_its_parts_in_order(directory):
    heads = re.findall(r"(?m)^## (.*)$", directory.get("/people/tri-dao.gmi").text)
    assert heads[:7] == ["Organizations", "Topics", "About This Page", "Known For", "Start Here", "Related Researchers", "Links"]


def test_tri_daos_neighbours_come_first_with_their_reason(directory):
    text = directory.get("/people/tri-dao.gmi").text
    related = re.split(r"(?m)^## ", text.partition("\n## Related Researchers\n")[2])[0]
    shown = re.findall(r"(?m)^=> ([a-z-]+)\.gmi ([^:\n]+): [^\n]+\n([^\n]+)$", related)
    reason = "Shared canonical source · 4 sources in common"
    assert shown[:4] == [("albert-gu", "Albert Gu", reason), ("daniel-y-fu", "Daniel Y. Fu", reason),
                         ("atri-rudra", "Atri Rudra", reason), ("christopher-re", "Christopher Ré", reason)]
    assert len(shown) <= 8


# ---- the key ----

def test_the_private_key_is_for_its_owner_alone(directory):
    keys = list(directory.certs.glob("*.key"))
    assert keys and all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)

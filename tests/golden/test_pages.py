"""Pages as they should be read: pages/CASE/ is a small capsule, expected/ in it what show prints for some paths, as gemtext
(.gmi) and as plain text (.txt). pytest --regenerate writes the files anew; read the difference as a visitor would."""

import re
import unicodedata
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent / "pages"

# Each path of each case; a name stands for both forms, one with an ending of its own for that alone.
PAGES = {
    "rich": ["/people/ada-lovelace.gmi", "/people/charles-babbage.gmi", "/people/emmy-noether.gmi",
             "/people/ada-lovelace.bib", "/people/emmy-noether.bib", "/people/ada-lovelace.yaml",
             "/topics/history-of-computing.gmi", "/topics/programming.gmi", "/topics/index.gmi",
             "/organizations/analytical-society.gmi", "/organizations/index.gmi",
             "/sources/sketch.gmi", "/sources/doi-10-1112-plms-s2-42-1-230.gmi", "/sources/bernoulli.gmi", "/sources/index.gmi",
             "/index.gmi", "/people/index.gmi", "/changes.gmi", "/atom.xml", "/about.gmi", "/robots.txt",
             "/search.gmi", "/search.gmi?lovelace", "/search.gmi?engine", "/search.gmi?xyzzy",
             "/connect.gmi", "/connect.gmi?charles babbage, alan turing", "/connect.gmi?emmy noether, karl marx",
             "/connect.gmi?ada lovelace, nobody", "/connect.gmi?ada, ada"],
    "minimal": ["/people/ada-lovelace.gmi", "/index.gmi", "/people/index.gmi", "/changes.gmi", "/atom.xml", "/topics/index.gmi"],
    "empty": ["/index.gmi", "/people/index.gmi", "/changes.gmi"],
    "marks": ["/people/ada-lovelace.gmi", "/people/alan-turing.gmi", "/people/index.gmi", "/index.gmi", "/topics/topic.gmi",
              "/sources/e3b0c44298-1843.gmi", "/changes.gmi", "/atom.xml", "/people/ada-lovelace.bib", "/search.gmi?=> evil"],
    "wide": ["/people/kurt-godel.gmi", "/index.gmi", "/people/index.gmi"],
    "dates": ["/people/ada-lovelace.gmi", "/people/2001-a-space-odyssey.gmi", "/people/index.gmi", "/sources/index.gmi",
              "/changes.gmi"],
    "own-page": ["/guide.gmi", "/index.gmi"],
    "german": ["/people/ada-lovelace.gmi", "/index.gmi"],
    "french": ["/people/sophie-germain.gmi", "/index.gmi"],
    "spanish": ["/people/leonardo-torres-quevedo.gmi", "/index.gmi"],
    "chinese": ["/people/zu-chongzhi.gmi", "/index.gmi"],
    "japanese": ["/people/seki-takakazu.gmi", "/index.gmi"],
    "bibtex": ["/people/ada-lovelace.bib", "/people/nobody-yet.bib"],
    "letters": ["/people/index.gmi", "/names/a.gmi", "/names/other.gmi", "/search.gmi?godel", "/search.gmi?a"],
}
FORMS = {"gemini": ".gmi", "text": ".txt"}
PREFORMATTED = {("empty", "index"), ("own-page", "guide")}  # with lines as their author set them


def rows():
    for case, paths in PAGES.items():
        for path in paths:
            name, _, query = path.lstrip("/").partition("?")
            words = "-" + re.sub("[^a-z0-9]+", "-", query).strip("-") if query else ""
            stem, ending = name.rsplit(".", 1)
            if ending != "gmi":
                yield case, path, "gemini", f"{stem}{words}.{ending}"
                continue
            for form, suffix in FORMS.items():
                yield case, path, form, f"{stem}{words}{suffix}"


ROWS = list(rows())
TEXTS = [(case, file) for case, path, form, file in ROWS if form == "text"]
GEMTEXTS = [(case, file) for case, path, form, file in ROWS if form == "gemini" and file.endswith(".gmi")]


def expected(case, file):
    return (HERE / case / "expected" / file).read_text()


def lines_of(text):
    """The lines outside of preformatted blocks."""
    inside = False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            yield line


def width(text):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


@pytest.mark.parametrize("case", PAGES)
def test_a_case_holds_no_mistake(almagest, case):
    assert almagest.check(HERE / case) == (0, b"", b"")


@pytest.mark.parametrize("case,path,form,file", ROWS, ids=[f"{c}{p}-{f}" for c, p, f, _ in ROWS])
def test_a_page_is_as_it_was_read(almagest, case, path, form, file):
    status, out, complaint = almagest.run("show", path, "-c", HERE / case, "--as", form)
    assert (status, complaint) == (0, b"")
    almagest.compare(out, HERE / case / "expected" / file)


def test_a_page_needs_no_name_of_its_form(almagest):
    assert almagest.run("show", "people/ada-lovelace.gmi", "-c", HERE / "rich")[1] == \
        almagest.run("show", "/people/ada-lovelace.gmi", "-c", HERE / "rich", "--as", "gemini")[1]


def test_the_text_of_a_profile_is_what_its_txt_says(almagest):
    assert almagest.run("show", "/people/ada-lovelace.txt", "-c", HERE / "rich")[1].decode() == \
        expected("rich", "people/ada-lovelace.txt")


def test_a_record_is_served_as_written():
    assert expected("rich", "people/ada-lovelace.yaml") == (HERE / "rich" / "people" / "ada-lovelace.yaml").read_text()


@pytest.mark.parametrize("case,file", TEXTS)
def test_no_line_of_a_text_is_wider_than_70_columns_but_for_an_address(case, file):
    if (case, file[:-4]) in PREFORMATTED:
        return
    for line in expected(case, file).splitlines():
        assert width(line) <= 70 or re.fullmatch(r"\[\d+\] [a-z]+:\S+", line), line


@pytest.mark.parametrize("case,file", TEXTS)
def test_every_number_of_a_text_has_its_address(case, file):
    page, _, addresses = expected(case, file).rpartition("\n\n")
    last = len(addresses.splitlines()) if re.match(r"\[1\] [a-z]+:\S+$", addresses, re.M) else 0
    assert re.findall(r"^\[(\d+)\] ", page, re.M) == [str(n) for n in range(1, last + 1)]
    for n, line in enumerate(addresses.splitlines() if last else [], 1):
        assert re.fullmatch(rf"\[{n}\] [a-z]+:\S+", line), line


@pytest.mark.parametrize("case,file", TEXTS)
def test_a_text_says_everything_that_the_gemtext_says(case, file):
    def words(text):
        return re.sub(r"[-\s*=>#`›]", "", text)

    gemtext = "".join(words(re.sub(r"^=> \S+|^```.*", "", line)) for line in expected(case, file[:-4] + ".gmi").splitlines())
    assert words(re.sub(r"^\[\d+\] ", "", expected(case, file), flags=re.M)).startswith(gemtext)


@pytest.mark.parametrize("case,file", sorted(set(TEXTS + GEMTEXTS)))
def test_a_page_has_no_stray_blanks_and_no_empty_section(case, file):
    text = expected(case, file)
    assert text == "" or text.endswith("\n")
    assert not text.startswith("\n")
    if (case, file[:-4]) in PREFORMATTED:
        return
    assert not re.search(r"\n\n\n|[ \t]\n|\n\n\Z|\t", text)
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if file.endswith(".gmi") and line.startswith(("## ", "### ")):
            assert i + 1 < len(lines) and lines[i + 1] and not lines[i + 1].startswith("#"), line


@pytest.mark.parametrize("case,file", GEMTEXTS)
def test_a_link_of_ours_is_relative_and_ends_in_a_file_name(case, file):
    if file in ("search.gmi", "connect.gmi"):
        return
    for line in lines_of(expected(case, file)):
        if not line.startswith("=>"):
            continue
        target = line.split(" ")[1]
        if re.match(r"[a-z]+:", target) or (case, file) == ("own-page", "guide.gmi"):
            continue
        assert re.fullmatch(r"(\.\./)*([a-z]+/)?[a-z0-9-]+\.(gmi|txt|yaml|bib|xml)", target), line


@pytest.mark.parametrize("case,file", GEMTEXTS)
def test_a_link_of_ours_leads_somewhere(almagest, case, file):
    folder = "/" + file.rsplit("/", 1)[0] + "/" if "/" in file else "/"
    if case not in ("rich", "marks"):
        return
    for target in {line.split(" ")[1] for line in lines_of(expected(case, file)) if line.startswith("=>")}:
        if re.match(r"[a-z]+:", target):
            continue
        path = "/" + target[3:] if target.startswith("../") else folder + target
        assert almagest.run("show", path, "-c", HERE / case)[0] == 0, path


def test_text_that_looks_like_a_mark_makes_no_link_and_no_heading():
    for case, file in GEMTEXTS:
        if case != "marks":
            continue
        for line in expected(case, file).splitlines():
            assert not line.startswith(("=> evil", "=> gemini://evil", "```", "#heading", "## heading", "> quote")), line


def test_only_the_feed_page_has_links_that_begin_with_a_date():
    for case, file in GEMTEXTS:
        for line in lines_of(expected(case, file)):
            if re.match(r"=> \S+ \d{4}-\d{2}-\d{2}", line):
                assert file == "changes.gmi", line


def test_a_former_address_leads_to_the_new_one(almagest):
    now = almagest.run("show", "/people/ada-lovelace.gmi", "-c", HERE / "rich")
    for path in ("/people/ada-byron.gmi", "/people/countess-of-lovelace.gmi", "/people/augusta-ada-king"):
        assert almagest.run("show", path, "-c", HERE / "rich") == now


def test_a_withdrawn_profile_says_why_and_a_draft_is_nowhere(almagest):
    status, out, complaint = almagest.run("show", "/people/wilhelm-schickard.gmi", "-c", HERE / "rich")
    assert (status, out) == (1, b"") and b"gone: Withdrawn until its sources are checked." in complaint
    status, out, complaint = almagest.run("show", "/people/blaise-pascal.gmi", "-c", HERE / "rich")
    assert status == 0 and b"a draft, which readers do not see yet" in complaint
    for case, file in GEMTEXTS:
        assert "Pascal" not in expected(case, file) and "Schickard" not in expected(case, file)


def test_random_leads_to_some_profile(almagest):
    status, out, _ = almagest.run("show", "/random.gmi", "-c", HERE / "rich")
    assert status == 0 and re.fullmatch(rb"/people/[a-z-]+\.gmi\n", out)

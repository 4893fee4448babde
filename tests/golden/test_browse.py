"""A large directory is walked by links: everybody is reached, and every page is one that a small client can hold."""

import posixpath
import re

import pytest

PEOPLE = {}
for n in range(230):
    PEOPLE[f"w-{n}"] = f"name: Li Wu{n:03}\nsort_name: Li, Wu{n:03}\n"
    PEOPLE[f"same-{n}"] = f"name: Li Ha {n}\nsort_name: Liha\n"
for n in range(210):
    PEOPLE[f"han-{n}"] = f"name: 何恺{n}\nsort_name: 何{n:03}\n"
PEOPLE |= {"li": "name: Li\n", "li-2": "name: Li 2\nsort_name: Li\n", "ada": "name: Ada Lovelace\n"}
LONGEST = "Говорит о длинных последовательностях " * 4 + "и памяти"

SOURCES = {f"walk-{n}": f"On long walks {n}" for n in range(205)}  # they differ behind nine letters
SOURCES |= {f"same-{n}": "On Maps" for n in range(230)}
SOURCES |= {f"other-{n}": f"Other {n}" for n in range(205)}
SOURCES |= {f"han-{n}": f"何恺{n}" for n in range(210)}
SOURCES |= {"maps": "On Mapsin", "othello": "Othello", "numbers": "3 numbers", "zeta": "Zeta"}
SHARED = ["zeta", "han-7", *[f"walk-{n}" for n in range(60)]]  # by two and more


@pytest.fixture(scope="module")
def capsule(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    (folder / "people").mkdir()
    (folder / "sources").mkdir()
    for slug, record in PEOPLE.items():
        (folder / "people" / f"{slug}.yaml").write_text(f"{record}tagline: {LONGEST}\ntopics: long lists\n")
    for slug, title in SOURCES.items():
        (folder / "sources" / f"{slug}.yaml").write_text(f"title: {title}\n")
    for n, sources in [(0, SHARED[:40]), (1, SHARED[:40]), (2, SHARED[40:] + SHARED[:1]), (3, SHARED[40:])]:
        with (folder / f"people/w-{n}.yaml").open("a") as record:
            record.write(f"start_here: [{', '.join(sources)}]\n")
    return folder


LISTS = re.compile(r"/(names/.+|(people|topics|organizations|sources)/index(--.+)?|topics/long-lists.*)\.gmi")


@pytest.fixture(scope="module")
def copy(almagest, capsule, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy") / "out"
    assert almagest.run("export", folder, "-c", capsule)[0] == 0
    return folder


@pytest.fixture(scope="module")
def pages(copy):
    """Every page of lists that links lead to, by its path."""
    found, ahead = {}, ["/people/index.gmi", "/topics/index.gmi", "/organizations/index.gmi", "/sources/index.gmi"]
    for path in ahead:
        found[path] = (copy / path[1:]).read_bytes()
        for target in re.findall(r"(?m)^=> (\S+)", found[path].decode()):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if LISTS.fullmatch(target) and target not in ahead:
                ahead.append(target)
    return found


def slugs(pages, folder):
    return [slug for path, out in pages.items() if path.startswith(folder)
            for slug in re.findall(r"(?m)^=> \.\./people/(\S+)\.gmi ", out.decode()) if slug != "index"]


def test_everybody_is_reached_from_a_to_z_once(pages):
    assert sorted(slugs(pages, "/names/")) == sorted(PEOPLE)


def sources_on(text):
    return [slug for slug in re.findall(r"(?m)^=> (\S+)\.gmi ", text.decode()) if slug in SOURCES]


def test_every_source_is_reached_from_a_to_z_once(pages):
    assert sorted(slug for path, out in pages.items() if path.startswith("/sources/index--") for slug in sources_on(out)) == sorted(SOURCES)


def test_an_index_shows_the_best_known_and_a_link_for_each_first_letter(pages):
    text = pages["/sources/index.gmi"].decode()
    best, letters = re.fullmatch(r"(?s)# Sources\n\n854 sources\n\n## Best Known\n(.*)\n## A to Z\n(.*?)\n\n=> \.\./index\.gmi .*", text).groups()
    assert best.startswith("=> zeta.gmi Zeta (3 people)\n=> han-7.gmi 何恺7 (2 people)\n=> walk-0.gmi On long walks 0 (2 people)\n")
    assert len(best.splitlines()) == 20
    assert letters == "=> index--other.gmi Other letters (211 sources)\n=> index--o.gmi O (642 sources)\n=> index--z.gmi Z (1 source)"


def test_what_nobody_shares_is_in_an_index_of_letters_alone(almagest, tmp_path):
    (tmp_path / "people").mkdir()
    for n in range(201):
        (tmp_path / f"people/p{n}.yaml").write_text(f"name: N {n}\ntagline: t\ntopics: [\"{'abc'[n % 3]} {n}\"]\n")
    text = almagest.run("show", "/topics/", "-c", tmp_path)[1].decode()
    assert text.startswith("# Topics\n\n201 topics\n\n=> index--a.gmi A (67 topics)\n=> index--b.gmi B (67 topics)\n=> index--c.gmi C (67 topics)\n\n=>")


@pytest.mark.parametrize("of, page, expected", [
    ("letters that all have in common are not asked for", "/sources/index--onl.gmi", "=> index--onlongwalks0.gmi ONLONGWALKS0 (1 source)\n=> index--onlongwalks1.gmi"),
    ("what has the whole name stands above what goes on", "/sources/index--onm--2.gmi", "=> same-99.gmi On Maps (0 people)\n\n=> index--onmapsi.gmi ONMAPSI (1 source)"),
    ("the letters of the word that other letters go by are a page, too", "/sources/index--ot.gmi",
     "=> index--othel.gmi OTHEL (1 source)\n=> index--other_.gmi OTHER (205 sources)"),
    ("that page", "/sources/index--other_.gmi", "# Sources: OTHER\n\n205 sources\n\n=> index--other0.gmi"),
    ("other letters", "/sources/index--other.gmi", "# Sources: Other letters\n\n211 sources\n\n=> numbers.gmi 3 numbers (0 people)\n"),
])
def test_a_page_of_letters(pages, of, page, expected):
    assert expected in pages[page].decode()


@pytest.mark.parametrize("page", ["/sources/index--2.gmi", "/sources/index--o--2.gmi", "/sources/index--x.gmi", "/sources/index--O.gmi",
                                  "/sources/index--other--3.gmi", "/sources/index--1.gmi", "/sources/index--.gmi", "/topics/index--2.gmi"])
def test_an_index_has_no_other_pages(almagest, capsule, page):
    assert almagest.run("show", page, "-c", capsule)[0] == 1


def test_a_copy_has_no_pages_that_no_link_leads_to(copy, pages):
    copied = ["/" + str(page.relative_to(copy)) for page in copy.rglob("*.gmi")]
    assert sorted(page for page in copied if LISTS.fullmatch(page)) == sorted(pages)


def test_people_whose_whole_name_others_begin_with_stand_above_the_letters(pages):
    text = pages["/names/li.gmi"].decode()
    assert re.search(r"(?s)people/li\.gmi .*people/li-2\.gmi .*=> lih\.gmi LIH \(230 people\)\n=> liw\.gmi LIW", text)


def test_a_name_of_more_than_a_page_goes_on(pages):
    assert {"/names/lih.gmi", "/names/lih--2.gmi", "/names/other--2.gmi"} <= set(pages)


def test_a_topic_shows_everybody_once_over_its_pages(pages):
    assert sorted(slugs(pages, "/topics/")) == sorted(PEOPLE)
    assert len([p for p in pages if p.startswith("/topics/long-lists")]) == 4


def test_a_list_of_several_pages_tells_where_one_is_and_leads_to_its_ends(pages):
    def turns(path):
        return re.findall(r"(?m)^=> (long-lists\S*) (.*)", pages[path].decode())

    assert turns("/topics/long-lists.gmi") == [("long-lists--2.gmi", "Next page: 2 / 4"), ("long-lists--4.gmi", "4 / 4")]
    assert turns("/topics/long-lists--3.gmi") == [("long-lists--4.gmi", "Next page: 4 / 4"),
                                                  ("long-lists--2.gmi", "Previous page: 2 / 4"), ("long-lists.gmi", "1 / 4")]


def test_every_page_is_under_64_kib(pages):
    assert max(len(out) for out in pages.values()) < 65536


def test_lines_are_shortened_only_where_a_page_would_be_too_large(pages):
    full = pages["/topics/long-lists.gmi"].decode()
    assert "…" in full and LONGEST not in full
    assert LONGEST in pages["/names/li.gmi"].decode()


# ---- what records may say at most ----

LETTER = "\U00020000"  # of four bytes


def text(length, begin=""):
    return '"' + f"{begin} ".ljust(length, LETTER) + '"'


def url(name):
    return '"' + f"https://example.org/{name}/".ljust(1000, "a") + '"'


def listed(key, items):
    return f"{key}: [{', '.join(items)}]\n"


@pytest.fixture(scope="module")
def largest(almagest, tmp_path_factory):
    """The pages, by path and size, of a directory in which everything is as long as it may be."""
    folder = tmp_path_factory.mktemp("limits")
    capsule, out = folder / "capsule", folder / "out"
    for name in ("people", "sources", "topics", "organizations"):
        (capsule / name).mkdir(parents=True)
    (capsule / "capsule.yaml").write_text(f"title: {text(120)}\nintro: {text(500)}\ncontact: {text(200)}\nlicence: {text(120)}\n")
    for n in range(40):
        authors = listed("authors", [text(120, f"N{i}") for i in range(60)]) if n < 3 else ""
        (capsule / f"sources/s{n}.yaml").write_text(
            f"title: {text(300, n)}\nname: {text(120, n)}\nsummary: {text(2000)}\nvenue: {text(120)}\nurl: {url(f's{n}')}\n{authors}"
            + listed("aliases", [text(120, f"A{n}x{i}") for i in range(30)]))
    shared = listed("topics", [text(80, f"T{i}") for i in range(12)]) + listed("organizations", [text(120, f"O{i}") for i in range(8)])
    long = (f"tagline: {text(160)}\nrole: {text(200)}\nsummary: {text(2000)}\n" + shared)
    for n in range(210):  # everybody reads the first source and says why
        reads = [f"{{id: s0, why: {text(300)}}}"] + [f"{{id: s{i}, why: {text(300)}}}" for i in range(1, 4) if n < 60]
        (capsule / f"people/p{n}.yaml").write_text(f"name: {text(120, f'N{n}')}\n" + long + listed("start_here", reads)
                                                   + f"links: {{homepage: {url(f'p{n}')}}}\n")
    for slug, more in {
            # addresses that leave no room for words, and words that leave none for addresses
            "addresses": listed("start_here", [f"s{n}" for n in range(40)])
            + "links:\n" + "".join(f"  {text(70, n)}: {url(n)}\n" for n in range(16)),
            "words": listed("known_for", [text(200, n) for n in range(12)]) + listed("aliases", [text(120, n) for n in range(30)])
            + listed("related", ['"' + f"p{n}: ".ljust(200, LETTER) + '"' for n in range(8)])
            + listed("start_here", [f"s{n}" for n in range(12)])}.items():
        (capsule / f"people/{slug}.yaml").write_text(f"name: {text(120, slug)}\n" + long + more)
    for n in range(150):
        (capsule / f"topics/n{n}.yaml").write_text(f"name: {text(80, f'{n:03}')}\nbroader: {text(80, 'T1')}\n")
    (capsule / "topics/t1.yaml").write_text(f"name: {text(80, 'T1')}\nsummary: {text(2000)}\nurl: {url('t1')}\n"
                                            + listed("aliases", [text(80, f"B{n}") for n in range(30)]))
    status, told, _ = almagest.run("check", "-c", capsule)
    assert status == 0, told[-2000:].decode()
    status, _, complaint = almagest.run("export", out, "-c", capsule)
    assert status == 0, complaint.decode()
    return {str(page.relative_to(out)): page.stat().st_size for page in out.rglob("*.gmi")}


def test_records_at_all_limits_make_no_page_of_64_kib(largest):
    assert {path: size for path, size in largest.items() if size >= 65536} == {}
    assert len(largest) > 400


@pytest.mark.parametrize("page", ["people/addresses.gmi", "people/words.gmi", "sources/s0.gmi", "topics/t1.gmi", "index.gmi"])
def test_such_pages_are_there(largest, page):
    assert largest[page] > (40000 if page != "index.gmi" else 4000)

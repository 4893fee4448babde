"""A large directory is walked by links: everybody is reached, and every page is one that a small client can hold."""

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


@pytest.fixture(scope="module")
def capsule(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    (folder / "people").mkdir()
    for slug, record in PEOPLE.items():
        (folder / "people" / f"{slug}.yaml").write_text(f"{record}tagline: {LONGEST}\ntopics: long lists\n")
    return folder


@pytest.fixture(scope="module")
def pages(almagest, capsule):
    """Every page of lists that links lead to, by its path."""
    found, ahead = {}, ["/people/index.gmi", "/topics/long-lists.gmi"]
    for path in ahead:
        status, out, _ = almagest.run("show", path, "-c", capsule)
        assert status == 0, path
        found[path] = out
        for target in re.findall(r"(?m)^=> (\S+)", out.decode()):
            name = target.split("/")[-1]
            folder = "topics" if name.startswith("long-lists") else "names"
            if re.fullmatch(r"\.\./names/\S+|[a-z0-9]+(--\d+)?\.gmi|long-lists\S*", target) and name != "index.gmi":
                if f"/{folder}/{name}" not in ahead:
                    ahead.append(f"/{folder}/{name}")
    return found


def slugs(pages, folder):
    return [slug for path, out in pages.items() if path.startswith(folder)
            for slug in re.findall(r"(?m)^=> \.\./people/(\S+)\.gmi ", out.decode()) if slug != "index"]


def test_everybody_is_reached_from_a_to_z_once(pages):
    assert sorted(slugs(pages, "/names/")) == sorted(PEOPLE)


def test_people_whose_whole_name_others_begin_with_stand_above_the_letters(pages):
    text = pages["/names/li.gmi"].decode()
    assert re.search(r"(?s)people/li\.gmi .*people/li-2\.gmi .*=> lih\.gmi LIH \(230 people\)\n=> liw\.gmi LIW", text)


def test_a_name_of_more_than_a_page_goes_on(pages):
    assert {"/names/liha.gmi", "/names/liha--2.gmi", "/names/other--2.gmi"} <= set(pages)


def test_a_topic_shows_everybody_once_over_its_pages(pages):
    assert sorted(slugs(pages, "/topics/")) == sorted(PEOPLE)
    assert len([p for p in pages if p.startswith("/topics/")]) == 4


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

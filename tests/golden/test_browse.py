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


def test_every_page_is_under_64_kib(pages):
    assert max(len(out) for out in pages.values()) < 65536


def test_lines_are_shortened_only_where_a_page_would_be_too_large(pages):
    full = pages["/topics/long-lists.gmi"].decode()
    assert "…" in full and LONGEST not in full
    assert LONGEST in pages["/names/li.gmi"].decode()

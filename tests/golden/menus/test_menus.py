"""Menus and texts as they should be read: a folder is a small capsule, expected/ in it what show prints for some of its pages,
byte for byte. REGENERATE=1 writes the files anew; read the difference as a reader in a terminal would."""

import os
import subprocess
import unicodedata
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ALMAGEST = os.path.abspath(os.environ.get("ALMAGEST", HERE.parents[2] / "build" / "almagest"))
PAGES = {
    "profile": ["index", "people/ada-lovelace", "people/charles-babbage", "topics/history-of-computing", "people/index", "changes",
                "search.gmi?babbage", "connect.gmi?ada lovelace, luigi menabrea"],
    "wide": ["people/kurt-goedel"],
    "own": ["guide"],
    "list": ["people/index", "topics/counting", "changes"],
}
FORMS = {"gopher": ".menu", "text": ".txt"}
ROWS = [(case, page, form) for case, pages in PAGES.items() for page in pages for form in FORMS]
ROWS.append(("profile", "people/ada-lovelace", "finger"))


def show(case, page, form):
    path = "/" + page if "?" in page else f"/{page}.gmi"
    done = subprocess.run([ALMAGEST, "show", path, "-c", str(HERE / case), "--as", form], capture_output=True, timeout=30,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "1780000000"}, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def columns(text):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


@pytest.mark.parametrize("case,page,form", ROWS)
def test_a_page_is_as_it_was_read(case, page, form):
    name = page.replace(".gmi?", "-").replace(", ", "-").replace(" ", "-")
    file = HERE / case / "expected" / (name + FORMS.get(form, "." + form))
    printed = show(case, page, form)
    if os.environ.get("REGENERATE") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(printed)
    assert file.exists(), f"{file.name} is missing; REGENERATE=1 writes it, then read it through"
    assert printed.decode() == file.read_bytes().decode()


@pytest.mark.parametrize("case,page", [row[:2] for row in ROWS if row[2] == "gopher"])
def test_a_menu_holds_its_shape(case, page):
    lines = show(case, page, "gopher").decode().split("\r\n")
    assert lines[-2:] == [".", ""] and lines.count(".") == 1
    for line in lines[:-2]:
        name, selector, host, port = line[1:].split("\t")
        assert "\n" not in line and columns(name) <= (67 if line[0] == "i" else 66), line
        assert line[0] in "i01779hIgds"
        if line[0] == "i":
            assert (selector, host, port) == ("", "null.host", "1")


@pytest.mark.parametrize("case,page", [row[:2] for row in ROWS if row[2] == "text"])
def test_a_text_is_seventy_columns_wide_but_for_addresses(case, page):
    for line in show(case, page, "text").decode().split("\n"):
        assert columns(line) <= 70 or "://" in line or line.startswith("    0123"), line
        assert line != "." or page == "guide"

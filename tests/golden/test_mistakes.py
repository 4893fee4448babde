"""Each mistake that an editor can make, and the line that tells of it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALMAGEST = os.environ.get("ALMAGEST", str(ROOT / "build" / "almagest"))
HEAD = "name: Ada Lovelace\ntagline: Wrote the first program\n"


def check(folder, files):
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            file.symlink_to("nowhere")
        else:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
    run = subprocess.run([ALMAGEST, "check", "-c", str(folder)], capture_output=True, text=True,
                         env={**os.environ, "SOURCE_DATE_EPOCH": "1780000000"})
    return run.returncode, run.stdout


def one(tail, head=HEAD):
    body = tail if isinstance(tail, bytes) else tail.encode()
    return {"people/ada-lovelace.yaml": head.encode() + body}


A = "people/ada-lovelace.yaml"
OTHER = "name: Alan Turing\ntagline: Asked what can be computed\n"
ROWS = [
    ("not UTF-8", one(b"role: \xff\n"), f"{A}:3:7: error: byte 0xFF is not UTF-8; save the file as UTF-8"),
    ("a control character", one(b"role: a\x07b\n"), f"{A}:3:8: error: U+0007 is a control character; remove it"),
    ("a C1 control", one("role: a\u0085b\n"), f"{A}:3:8: error: U+0085 is a control character; remove it"),
    ("a bidi override", one("role: a\u202eb\n"), f"{A}:3:8: error: U+202E is a bidi or invisible control character; remove it"),
    ("a zero-width space", one("role: a\u200bb\n"), f"{A}:3:8: error: U+200B is a zero-width character; remove it"),
    ("a control written as an escape", one('role: "a\\u202eb"\n'),
     f"{A}:3:7: error: U+202E is a bidi or invisible control character (written as an escape); remove it"),
    ("TAB for indentation", one("topics:\n\t- x\n"), f"{A}:4:1: error: TAB used for indentation; indent with spaces"),
    ("an unclosed quote", one('role: "x\n'), f"{A}:3:7: error: the quote that opens here is never closed; close it with the same quote"),
    ("a duplicate key", one("name: Ada\n"), f"{A}:3:1: error: name: this key stands in line 1 already; keep one of the two"),
    ("an unknown key", one("topic: x\n"), f'{A}:3:1: error: topic: unknown key; did you mean "topics"?'),
    ("a missing key", {A: "name: Ada\n"}, f"{A}:1:1: error: tagline: missing; add"),
    ("a text too long", one("role: " + "x" * 203 + "\n"), f"{A}:3:7: error: role: 203 characters, 3 over the limit of 200; shorten it"),
    ("a list too long", one("topics:\n" + "".join(f"  - t{i}\n" for i in range(13))), f"{A}:16:5: error: topics: 13 items, 1 over the limit of 12"),
    ("a map for a list", one("topics:\n  a: b\n"), f"{A}:4:3: error: topics: a map stands here; expected a list"),
    ("a list for a map", one("links:\n  - x\n"), f"{A}:4:3: error: links: a list stands here; expected a map"),
    ("a list for a text", one("role:\n  - x\n"), f"{A}:4:3: error: role: a list stands here; expected a text"),
    ("a second document", one("---\nname: x\n"), f"{A}:3:1: error: a second document begins here"),
    ("a tag", one("role: !!str x\n"), f"{A}:3:7: error: tags ('!!str') are not allowed"),
    ("an anchor", one("role: &a x\n"), f"{A}:3:7: error: anchors ('&a') are not allowed"),
    ("an alias", one("role: *a\n"), f"{A}:3:7: error: aliases ('*a') are not allowed"),
    ("too deep", one("start_here:\n  - authors:\n      - [[x]]\n"), "nested too deep; a record has at most 4 levels"),
    ("too large", one("# " + "x" * 70000 + "\n"), f"{A}:1:1: error: the file has 70055 bytes, at most 65536 are allowed"),
    ("a file name that is no slug", {"people/Ada.yaml": HEAD}, 'people/Ada.yaml:1:1: error: the file name is not a slug'),
    ("a reserved name", {"people/index.yaml": HEAD}, 'people/index.yaml:1:1: error: the name "index" is reserved'),
    ("a slug in two folders", {"people/a/x.yaml": HEAD, "people/b/x.yaml": OTHER}, 'people/b/x.yaml:1:1: error: the slug "x" belongs to people/a/x.yaml already'),
    ("a bad date", one("reviewed: 2026-02-30\n"), f'{A}:3:11: error: reviewed: "2026-02-30": not a date'),
    ("a future review", one("reviewed: 2999-01-01\n"), f"{A}:3:11: error: reviewed: 2999-01-01 lies in the future"),
    ("an ORCID that is mistyped", one("links:\n  orcid: 0000-0002-1825-0098\n"), f"{A}:4:10: error: links: orcid:"),
    ("an ORCID of zeros", one("links:\n  orcid: 0000-0000-0000-0000\n"), "an ORCID of zeros belongs to nobody"),
    ("a bad arXiv id", one("start_here:\n  - title: x\n    arxiv: 2405.2106\n"), f'{A}:5:12: error: arxiv: "2405.2106": not an arXiv id'),
    ("a bad DOI", one("start_here:\n  - title: x\n    doi: 11.1/x\n"), f'{A}:5:10: error: doi: "11.1/x": not a DOI'),
    ("a bad URL", one("start_here:\n  - title: x\n    url: x y\n"), f'{A}:5:10: error: url: "x y": not a URL'),
    ("a year out of range", one("start_here:\n  - title: x\n    year: 2999\n"), f"{A}:5:11: error: year: year 2999 is out of range"),
    ("a reference nobody defines", one("start_here: arxiv:2205.14135\n"), f'{A}:3:13: error: start_here: no record says what "arxiv:2205.14135" is'),
    ("a source twice in one list", one("start_here:\n  - title: x\n    doi: 10.1000/x\n  - doi:10.1000/X\n"), f'{A}:6:5: error: start_here: "x" is listed twice'),
    ("related naming nobody", one("related: nobody\n"), f'{A}:3:10: error: related: "nobody" names nobody'),
    ("related naming itself", one("related: ada-lovelace\n"), f'{A}:3:10: error: related: "ada-lovelace" names this record itself'),
    ("unrelated naming nobody", one("unrelated: nobody\n"), f'{A}:3:12: error: unrelated: "nobody" names nobody'),
    ("the same person in both", {**one("related: x\nunrelated: x\n"), "people/x.yaml": OTHER}, f'{A}:3:10: error: related: "x" stands under unrelated too'),
    ("related naming a draft", {**one("related: x\n"), "people/x.yaml": OTHER + "draft: true\n"}, f'{A}:3:10: error: related: "x" names a draft'),
    ("a former slug that is taken", {**one("former_slugs: x\n"), "people/x.yaml": OTHER}, f'{A}:3:15: error: former_slugs: "x" is the slug of a record in service'),
    ("an empty file", {A: ""}, f"{A}:1:1: error: the file is empty"),
    ("a file that cannot be read", {A: None}, f"{A}:1:1: error: cannot be read: No such file or directory"),
    ("a flag that is none", one("draft: maybe\n"), f'{A}:3:8: error: draft: "maybe": expected true or false'),
    ("a page whose name is taken", {"pages/search.gmi": "# x\n"}, "pages/search.gmi:1:1: error: the directory has a page /search of its own"),
    ("an unknown setting", {"capsule.yaml": "titel: x\n"}, 'capsule.yaml:1:1: error: titel: unknown key; did you mean "title"?'),
]
WARNINGS = [
    ("two titles for one source", {**one("start_here:\n  - title: x\n    doi: 10.1000/x\n"),
     "people/x.yaml": OTHER + "start_here:\n  - title: y\n    doi: 10.1000/x\n"}, 'people/x.yaml:4:12: warning: title: "y" here, "x" in people/ada-lovelace.yaml:4 for the same source'),
    ("two years for one source", {**one("start_here:\n  - title: x\n    doi: 10.1000/x\n    year: 1843\n"),
     "people/x.yaml": OTHER + "start_here:\n  - title: x\n    doi: 10.1000/x\n    year: 1844\n"}, 'people/x.yaml:6:11: warning: year: "1844" here, "1843" in people/ada-lovelace.yaml:6 for the same source'),
    ("an alias that is somebody's name", {**one("aliases: Alan Turing\n"), "people/x.yaml": OTHER}, f'{A}:3:10: warning: aliases: "Alan Turing" is a name of people/x.yaml too'),
    ("two labels with one slug", {**one("topics: C\n"), "people/x.yaml": OTHER + "topics: C++\n"}, 'people/x.yaml:3:9: warning: topics: "C++" and "C" are one item'),
]


@pytest.mark.parametrize("what,files,expected", ROWS, ids=[r[0] for r in ROWS])
def test_a_mistake_has_its_line(tmp_path, what, files, expected):
    status, out = check(tmp_path, files)
    assert status == 1
    assert any(expected in line for line in out.splitlines()), out


@pytest.mark.parametrize("what,files,expected", WARNINGS, ids=[r[0] for r in WARNINGS])
def test_a_warning_alone_is_no_failure(tmp_path, what, files, expected):
    status, out = check(tmp_path, files)
    assert status == 0
    assert any(line.startswith(expected) for line in out.splitlines()), out


def test_every_mistake_of_every_file_is_told_in_one_run(tmp_path):
    status, out = check(tmp_path, {**one("reviewed: x\nyear: 1\nrole:\n  - x\n"), "people/x.yaml": "name: x\n"})
    assert status == 1 and len(out.splitlines()) == 4, out


def test_joiners_between_letters_are_allowed(tmp_path):
    assert check(tmp_path, one("native_name: می\u200cخواهم\n")) == (0, "")


def test_the_directory_itself_has_no_mistake():
    run = subprocess.run([ALMAGEST, "check", "-c", str(ROOT / "capsule")], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")

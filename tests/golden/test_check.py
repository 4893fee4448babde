"""Every mistake that an editor can make, and what check says of it: check/MISTAKE/ is a capsule that shows it,
expected.txt beside it what is printed. An error is exit status 1; warnings alone, or nothing at all, are 0."""

import re
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent / "check"
ADA = "people/ada-lovelace.yaml"
HEAD = b"name: Ada Lovelace\ntagline: Wrote the first program\n"
UNREADABLE = object()  # a symbolic link to nowhere, which not even root can read


def ada(text):
    return {ADA: HEAD + (text if isinstance(text, bytes) else text.encode())}


# Files that editors and version control would mangle, or nobody could see, are made here.
MADE = {
    "not-utf-8": ada(b"role: Translator\nsummary: Caf\xe9 society\n"),
    "not-utf-8-but-utf-16": {ADA: "name: Ada Lovelace\n".encode("utf-16")},
    "not-utf-8-but-surrogate": ada(b"role: a\xed\xa0\x80b\n"),
    "nul": ada(b"role: Trans\0lator\n"),
    "c0-control": ada("role: Trans\x07lator\nsummary: Es\x1b[31mcape\n"),
    "c1-control": ada("role: Trans\x85lator\nsummary: \x9b31m\n"),
    "delete-control": ada("role: Trans\x7flator\n"),
    "bidi-override": ada("role: Trans\u202elator\nsummary: \u2066Isolated\u2069\n"),
    "zero-width": ada("role: Trans\u200blator\nsummary: Word\u2060joiner, soft\u00adhyphen\n"),
    "line-separator": ada("role: One\u2028two\nsummary: Three\u2029four\n"),
    "byte-order-mark": {ADA: b"\xef\xbb\xbf" + HEAD},
    "zero-width-at-line-start": ada("\u200brole: Translator\n\u200b\u200bsummary: Wrote notes\ntopics: x\ntopics: y\n"),
    "carriage-return-alone": ada("role: One\rtwo\n"),
    "crlf": {ADA: HEAD.replace(b"\n", b"\r\n")},
    "joiners": ada("native_name: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\n"
                   "role: \u0915\u094d\u200d\u0937\nsummary: \U0001f469\u200d\U0001f52c, \U0001f469\u200d\u2764\ufe0f\u200d\U0001f469\n"
                   "x-escaped: \"\u0645\u06cc\\u200c\u062e\"\n"),
    "joiner-misplaced": ada("role: \u200cTranslator\nsummary: Wrote \u200dnotes\n"),
    "column-behind-accents": ada("role: \u00c9crivain, \u4f55\U0001f469\x07\nsummary: [\u00e9, \u00e8, \x07]\n"),
    "too-large": ada("summary: >\n" + "  Wrote notes and wrote them again.\n" * 2000),
    "too-large-page": {"pages/about.gmi": b"# About\n" + b"A long page.\n" * 25000},
    "unreadable-file": {ADA: UNREADABLE, "people/alan-turing.yaml": b"name: Alan Turing\ntagline: Asked what can be computed\n"},
    "page-not-utf-8": {"pages/about.gmi": b"# About\nCaf\xe9 society\n"},
    "trailing-blanks": {ADA: HEAD.replace(b"\n", b"  \n") + b"role: Translator\n\n\n"},
    "no-newline-at-end": {ADA: HEAD[:-1]},
}
CLEAN = {"crlf", "joiners", "no-newline-at-end", "settings-empty", "tomorrow", "trailing-blanks", "x-keys"}
CASES = sorted({p.name for p in HERE.iterdir() if p.is_dir()} | set(MADE))


def lay_out(case, folder):
    for path, content in MADE.get(case, {}).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if content is UNREADABLE:
            file.symlink_to("nowhere")
        else:
            file.write_bytes(content)


@pytest.fixture
def capsule(case, tmp_path):
    """The folder of a case as it is stored, or made in full where it is one of MADE."""
    if case not in MADE:
        return HERE / case
    lay_out(case, tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_place_and_a_remedy(almagest, case, capsule):
    status, out, complaint = almagest.check(capsule)
    almagest.compare(out, HERE / case / "expected.txt")
    assert complaint == b""
    assert status == (1 if b": error: " in out else 0)
    assert (out == b"") == (case in CLEAN)


@pytest.mark.parametrize("case", sorted(set(CASES) - CLEAN))
def test_a_line_is_one_that_editors_and_ci_systems_read(case):
    for line in (HERE / case / "expected.txt").read_text().splitlines():
        assert re.fullmatch(r"[^:]+:[1-9][0-9]*:[1-9][0-9]*: (error|warning): .+", line), line


@pytest.mark.parametrize("case", sorted(set(CASES) - CLEAN))
def test_a_place_is_in_the_file(case, capsule):
    for line in (HERE / case / "expected.txt").read_text().splitlines():
        path, row, column = line.split(":")[:3]
        file = capsule / path
        if (int(row), int(column)) == (1, 1) or file.is_symlink():
            continue
        text = file.read_bytes().decode("utf-8", "surrogateescape").split("\n")
        assert int(row) <= len(text) and int(column) <= len(text[int(row) - 1]), line


def test_problems_of_several_files_stand_in_the_order_of_path_line_and_column():
    lines = (HERE / "several-files" / "expected.txt").read_text().splitlines()
    places = [(p, int(r), int(c)) for p, r, c in (line.split(":")[:3] for line in lines)]
    assert len({p for p, _, _ in places}) == 7 and places == sorted(places)


def test_the_same_mistakes_are_told_in_any_order_of_files_and_however_the_folder_is_named(almagest, tmp_path):
    case = HERE / "several-files"
    expected = (case / "expected.txt").read_bytes()
    copy = shutil.copytree(case, tmp_path / "a capsule")
    assert almagest.check(f"{copy}/")[1] == expected
    assert almagest.run("check", "-c", ".", cwd=copy)[1].startswith(expected)


def test_a_sharded_file_is_told_of_under_its_whole_path(almagest, tmp_path):
    file = tmp_path / "people" / "a" / "ad" / "ada-lovelace.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"name: Ada Lovelace\n")
    assert almagest.check(tmp_path)[1].startswith(b"people/a/ad/ada-lovelace.yaml:1:1: error: tagline: missing")


def test_a_path_with_control_bytes_cannot_break_the_line_apart(almagest, tmp_path):
    file = tmp_path / "people" / "ada\n\x1b[31m.yaml"
    file.parent.mkdir()
    file.write_bytes(HEAD)
    out = almagest.check(tmp_path)[1]
    assert out.count(b"\n") == 1 and b"\x1b" not in out


def test_dot_files_and_dot_folders_are_not_looked_at(almagest, tmp_path):
    for name in ("people/.draft.yaml", "people/.git/x.yaml", ".catalog/people/x.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"name:\n")
    assert almagest.check(tmp_path) == (0, b"", b"")


def test_an_empty_folder_is_a_directory_without_people(almagest, tmp_path):
    assert almagest.check(tmp_path) == (0, b"", b"")


def test_a_folder_that_is_not_there_is_wrong_usage(almagest, tmp_path):
    status, out, complaint = almagest.check(tmp_path / "nowhere")
    assert status == 2 and out == b"" and b"no such folder" in complaint


def test_the_directory_itself_holds_no_mistake(almagest):
    assert almagest.check(almagest.root / "capsule", today=None) == (0, b"", b"")

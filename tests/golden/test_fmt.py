"""almagest fmt: one form for every record, in which it says exactly what it said before, with every comment where its
subject is. fmt/NAME.yaml is a record as somebody wrote it, fmt/NAME.expected its canonical form."""

import random
import re
import shutil
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve().parent
FOLDERS = ["organizations", "people", "sources", "topics"]
CASES = sorted(p.stem for p in (HERE / "fmt").glob("*.yaml"))


@pytest.fixture
def capsule(tmp_path):
    (tmp_path / "people").mkdir()
    return tmp_path


def record(capsule, text, slug="ada-lovelace"):
    file = capsule / "people" / f"{slug}.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def load(data):
    """What a record says: every scalar is text, runs of blanks are one, lists of one and single items are equal."""
    def text(value):
        if isinstance(value, dict):
            return {k: text(v) for k, v in value.items()}
        if isinstance(value, list):
            return [text(v) for v in value if v != ""]
        return " ".join(value.split())
    def listed(tree):
        for key in ("organizations", "topics", "known_for", "start_here", "related", "unrelated", "aliases", "former_slugs",
                    "authors", "hosts"):
            if key in tree and not isinstance(tree[key], list):
                tree[key] = [tree[key]] if tree[key] else []
    tree = text(yaml.load(data, yaml.BaseLoader))
    listed(tree)
    for source in tree.get("start_here", []):
        if isinstance(source, dict):
            listed(source)
    tree["related"] = [dict([pin.split(": ", 1)]) if isinstance(pin, str) and ": " in pin else pin for pin in tree.get("related", [])]
    return {k: v for k, v in tree.items() if v not in ("", [])}


def comments(data):
    """The comments of a YAML text, as its own scanner finds them: what is left of lines when scalars are gone."""
    found, at, marks = [], 0, []
    for token in yaml.scan(data):
        if isinstance(token, yaml.ScalarToken):
            marks.append((token.start_mark.index, token.end_mark.index, token.style))
    for begin, end, style in [*marks, (len(data), len(data), None)]:
        found += re.findall(r"#[^\n]*", data[at:begin])
        if style in ("|", ">"):
            found += re.findall(r"#[^\n]*", data[begin:data.index("\n", begin)])
        at = end
    return sorted(c.rstrip() for c in found)


@pytest.mark.parametrize("case", CASES)
def test_a_record_has_one_form(almagest, capsule, case):
    before = (HERE / "fmt" / f"{case}.yaml").read_text()
    file = record(capsule, before)
    status, out, complaint = almagest.run("fmt", "-c", capsule, file)
    assert (status, out, complaint) == (0, f"{file}\n".encode(), b"1 file: 1 rewritten\n")
    after = file.read_text()
    almagest.compare(after.encode(), HERE / "fmt" / f"{case}.expected")
    assert load(after) == load(before) and comments(after) == comments(before)
    assert almagest.run("fmt", "-c", capsule, file) == (0, b"", b"1 file: all in canonical form\n")


@pytest.mark.parametrize("case", CASES)
def test_no_line_of_the_form_is_longer_than_100_columns_where_it_can_be_folded(case):
    for line in (HERE / "fmt" / f"{case}.expected").read_text().splitlines():
        assert len(line) <= 100 or " " not in line.strip().removeprefix("- "), line


def everything(folder):
    return [p for f in FOLDERS for p in sorted((folder / f).rglob("*.yaml"))] + sorted(folder.glob("*.yaml"))


@pytest.mark.parametrize("source", ["capsule", *(f"tests/golden/pages/{p.name}" for p in sorted((HERE / "pages").iterdir()))])
def test_a_whole_capsule_says_the_same_after_fmt(almagest, tmp_path, source):
    copy = shutil.copytree(almagest.root / source, tmp_path / "copy")
    texts = {p: p.read_text() for p in everything(copy)}
    status, out, complaint = almagest.run("fmt", "-c", copy, today=None)
    assert status == 0, complaint.decode()
    assert set(out.decode().splitlines()) == {str(p) for p in texts if p.read_text() != texts[p]}
    for path, before in texts.items():
        if load(before or "{}"):
            assert load(path.read_text()) == load(before) and comments(path.read_text()) == comments(before), path
    assert almagest.run("fmt", "--check", "-c", copy, today=None)[:2] == (0, b"")
    assert almagest.check(copy, today=None) == almagest.check(almagest.root / source, today=None)
    page = almagest.run("show", "/people/index.gmi", "-c", copy, today=None)
    assert page == almagest.run("show", "/people/index.gmi", "-c", almagest.root / source, today=None)


WORDS = ["a", "It's", 'say "no"', "C: drive", "x #y", "#z", "- item", "null", "1.50", "é\u0301", "何恺明", "a  b", "[x]", "{y}", "&a",
         "*b", "!c", "%d", "@e", "`f`", "back\\slash", "end:", "? q", "|", ">", "long " * 40, "https://example.org/a#b", "~", "2026-01-01"]


def wild_record(random):
    """A record in whatever styles YAML has, with comments strewn about."""
    def scalar(text, flow=False):
        style = random.randrange(3)
        if style == 0:
            return "'" + text.replace("'", "''") + "'"
        if style == 1 or flow:
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        dumped = yaml.safe_dump(text, allow_unicode=True, width=10**6).removesuffix("...\n").strip()
        return dumped

    def value(n):
        words = [" ".join(random.choices(WORDS, k=random.randint(1, 3))).strip()[:70] + f" {i}" for i in range(n)]
        if random.random() < 0.3:
            return " [" + ", ".join(scalar(w, True) for w in words) + "]" + random.choice([note(), "#touching"])
        return "".join(f"\n{'  # below' + chr(10) if False else ''}{indent}- {scalar(w)}{note()}" for w in words)

    def note():
        return random.choice(["", "", " # beside", "  #tight"])

    indent = random.choice(["", "  ", "    "])
    blocks = [f"name: {scalar('Ada Lovelace')}{note()}", f"tagline: {scalar(random.choice(WORDS)[:150] + ' x')}{note()}",
              f"topics:{value(random.randint(1, 5))}", f"known_for:{value(random.randint(1, 9))}",
              f"aliases:{value(random.randint(1, 9))}",
              "summary: |" + note() + "\n" + "".join(random.choice(["    " + random.choice(WORDS).strip() + "\n", "\n"]) for _ in range(6)) + "    end",
              f"start_here:\n  - title: {scalar(random.choice(WORDS)[:99] + ' t')}\n    # deep\n    year: '1843'{note()}\n  - why: w\n    title: T",
              f"x-own: {{a: [{scalar('q', True)}, 'r'], b: {scalar(random.choice(WORDS), True)}}}"]
    random.shuffle(blocks)
    lines = []
    for block in blocks:
        lines += random.choice([[], [""], ["# above"], ["", "# apart", "", "# above"]]) + [block]
    return "\n".join(lines + random.choice([[], ["# end"], ["", "# end"]])) + "\n"


@pytest.mark.parametrize("seed", range(60))
def test_any_record_says_the_same_after_fmt_and_keeps_its_comments(almagest, capsule, seed):
    text = wild_record(random.Random(seed))
    file = record(capsule, text)
    status, _, complaint = almagest.run("fmt", "-c", capsule, file)
    if status:  # a list may hold a word twice, which check refuses, and so does fmt: untouched
        assert b": error: " in complaint and file.read_text() == text and almagest.check(capsule)[0] == 1
        return
    once = file.read_text()
    assert load(once) == load(text) and comments(once) == comments(text)
    assert almagest.run("fmt", "-c", capsule, file)[1] == b"" and file.read_text() == once


def test_most_random_records_are_without_error(almagest, capsule):
    good = 0
    for seed in range(20):
        record(capsule, wild_record(random.Random(seed)))
        good += almagest.check(capsule)[0] == 0
    assert good >= 15


@pytest.mark.parametrize("what,text", [
    ("a quote that never closes", 'name: "Ada\ntagline: x\n'),
    ("an unknown key", "name: A\ntagline: b\nnmae: x\n"),
    ("a missing key", "name: A\n"),
    ("bytes that are no UTF-8", b"name: A\xff\ntagline: b\n"),
    ("an anchor", "name: &a A\ntagline: *a\n"),
    ("a tag", "name: !!str A\ntagline: b\n"),
    ("two documents", "name: A\ntagline: b\n---\nname: C\n"),
    ("a key that is a list", "name: A\ntagline: b\nx-a: {[1]: 2}\n"),
    ("more than 64 KiB", "name: A\ntagline: b\nx-a: " + "y" * 70000 + "\n"),
    ("a key longer than YAML reads back", "name: A\ntagline: b\nx-a:\n  ? " + "k" * 1100 + "\n  : 1\n"),
    ("nothing", ""),
], ids=lambda value: value if isinstance(value, str) and len(value) < 40 and "\n" not in value else "-")
def test_what_cannot_be_read_stays_untouched_and_is_told_of(almagest, capsule, what, text):
    file = record(capsule, text)
    other = record(capsule, "tagline: b\nname: B\n", "b")
    before = file.read_bytes()
    status, out, complaint = almagest.run("fmt", "-c", capsule)
    assert status == 1 and out.decode() == f"{other}\n" and file.read_bytes() == before
    assert complaint.decode().startswith(f"{file}:") and ": error: " in complaint.decode()
    assert sorted(p.name for p in file.parent.iterdir()) == ["ada-lovelace.yaml", "b.yaml"]


def test_check_writes_nothing_and_names_what_is_not_in_form(almagest, capsule):
    file = record(capsule, "tagline: b\nname: A\n")
    assert almagest.run("fmt", "--check", "-c", capsule) == (1, f"{file}\n".encode(), b"1 file: 1 not in canonical form\n")
    assert file.read_text() == "tagline: b\nname: A\n"
    assert almagest.run("fmt", "-c", capsule)[0] == 0
    assert almagest.run("fmt", "--check", "-c", capsule) == (0, b"", b"1 file: all in canonical form\n")


def test_diff_writes_nothing_and_is_one_that_patch_applies(almagest, capsule):
    import subprocess
    file = record(capsule, (HERE / "fmt" / "long.yaml").read_text())
    before = file.read_bytes()
    status, diff, _ = almagest.run("fmt", "--diff", file, "-c", capsule)
    assert status == 0 and file.read_bytes() == before and diff.startswith(f"--- {file}\n+++ {file}\n@@ ".encode())
    subprocess.run(["git", "apply", "-p0", "--unsafe-paths", "--directory=/", "-"], input=diff, check=True, cwd=capsule,
                   capture_output=True)
    assert file.read_bytes() == (HERE / "fmt" / "long.expected").read_bytes()


def test_a_filter_prints_the_form_and_gives_back_what_it_cannot_read(almagest, capsule):
    import subprocess
    run = lambda text: subprocess.run([almagest.path, "fmt", "-"], input=text, capture_output=True)
    done = run(b"tagline: b\nname: A\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"name: A\ntagline: b\n", b"")
    done = run(b"name: [\n")
    assert (done.returncode, done.stdout) == (1, b"name: [\n") and done.stderr.startswith(b"standard input:2:1: error: ")


def test_a_file_keeps_its_mode_and_a_link_stays_one(almagest, capsule):
    real = capsule / "elsewhere.yaml"
    real.write_text("tagline: b\nname: A\n")
    real.chmod(0o640)
    link = capsule / "people" / "ada.yaml"
    link.symlink_to(real)
    assert almagest.run("fmt", "-c", capsule)[0] == 0
    assert link.is_symlink() and real.read_text() == "name: A\ntagline: b\n" and real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("word", ["ada-lovelace", "people/ada-lovelace.yaml", "PATH"])
def test_a_record_is_named_by_slug_or_path(almagest, capsule, word):
    file = record(capsule, "tagline: b\nname: A\n")
    other = record(capsule, "tagline: b\nname: B\n", "b")
    assert almagest.run("fmt", "-c", capsule, file if word == "PATH" else word)[0] == 0
    assert file.read_text() == "name: A\ntagline: b\n" and other.read_text() == "tagline: b\nname: B\n"


def test_a_record_that_is_not_there_is_told_of_with_the_nearest(almagest, capsule):
    record(capsule, "tagline: b\nname: A\n")
    status, out, complaint = almagest.run("fmt", "-c", capsule, "ada-lovelac")
    assert (status, out) == (2, b"") and b"did you mean ada-lovelace?" in complaint

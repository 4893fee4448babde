"""almagest check in the forms that programs read, again whenever a file changes, and with advice."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CASE = HERE / "check" / "several-files"
HEAD = "name: {0}\ntagline: Wrote the first program\n"


@pytest.fixture
def capsule(tmp_path):
    (tmp_path / "people").mkdir()
    return tmp_path


def write(capsule, slug, text="", name=None, folder="people"):
    file = capsule / folder / f"{slug}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text((HEAD.format(name or slug.replace("-", " ").title()) if folder == "people" else "") + text)
    return file


def expected():
    for line in (CASE / "expected.txt").read_text().splitlines():
        path, row, column, severity, rest = re.fullmatch(r"([^:]+):(\d+):(\d+): (error|warning): (.*)", line).groups()
        yield f"{CASE}/{path}", int(row), int(column), severity, rest


# ---- forms ----

def test_text_ends_with_a_summary(almagest, capsule):
    write(capsule, "ada-lovelace")
    assert almagest.run("check", "-c", capsule) == (0, b"1 record: 0 errors, 0 warnings\n", b"")
    write(capsule, "alan-turing", "nmae: x\nrelated: nobody\n")
    assert almagest.run("check", "-c", capsule)[1].endswith(b"\n2 records: 2 errors, 0 warnings\n")


def test_paths_can_be_opened_from_where_check_was_called(almagest, capsule):
    write(capsule, "ada-lovelace", "nmae: x\n")
    for where, named, shown in ((capsule.parent, capsule.name, f"{capsule.name}/people/ada-lovelace.yaml"),
                                (capsule, ".", "people/ada-lovelace.yaml"),
                                (capsule, "./", "people/ada-lovelace.yaml"),
                                (capsule / "people", "..", "../people/ada-lovelace.yaml")):
        out = almagest.run("check", "-c", named, cwd=where)[1].decode()
        path = out.split(":")[0]
        assert path.removeprefix("./") == shown and (where / path).exists()


def test_json_says_all_that_text_says(almagest):
    status, out, complaint = almagest.run("check", "--format", "json", "-c", CASE)
    report = json.loads(out)
    assert (status, complaint) == (1, b"")
    told = [(p["path"], p["line"], p["column"], p["severity"], (p["field"] + ": " if p["field"] else "") + p["message"])
            for p in report["problems"]]
    assert told == list(expected())
    assert report["records"] == 5 and report["notes"] == 0
    for kind in ("error", "warning"):
        assert report[kind + "s"] == sum(p["severity"] == kind for p in report["problems"])


def test_json_of_a_clean_capsule_is_json(almagest, capsule):
    write(capsule, "ada-lovelace")
    assert json.loads(almagest.run("check", "--format=json", "-c", capsule)[1]) == {
        "records": 1, "errors": 0, "warnings": 0, "notes": 0, "problems": []}


def test_json_carries_any_text(almagest, capsule):
    write(capsule, "ada-lovelace", 'topics: ["a\\"b\\\\c", "a\\"b\\\\c"]\n\u00e9\u4f55: x\n')
    problems = json.loads(almagest.run("check", "--format", "json", "-c", capsule)[1])["problems"]
    assert 'a"b\\c' in problems[0]["message"] and problems[1]["field"] == "\u00e9\u4f55"


def test_github_reads_annotations(almagest):
    status, out, complaint = almagest.run("check", "--format", "github", "-c", CASE)
    assert (status, complaint) == (1, b"")
    decode = lambda s: re.sub(r"%([0-9A-F]{2})", lambda m: chr(int(m.group(1), 16)), s)
    told = []
    for line in out.decode().splitlines()[:-1]:
        severity, properties, text = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line).groups()
        values = {k: decode(v) for k, v in (p.split("=", 1) for p in properties.split(","))}
        told.append((values["file"], int(values["line"]), int(values["col"]), severity,
                     (values["title"] + ": " if "title" in values else "") + decode(text)))
    assert told == list(expected()) and re.fullmatch(r"\d+ records: \d+ errors?, \d+ warnings?", out.decode().splitlines()[-1])


@pytest.mark.parametrize("name", ["yaml", "", "TEXT"])
def test_an_unknown_form_is_told_of(almagest, name):
    assert almagest.run("check", "--format", name) == (
        2, b"", f"almagest: --format {name}: unknown form; expected text, json or github\n".encode())


def test_vim_goes_to_the_place_of_every_problem(almagest, tmp_path):
    """With the errorformat that the manual shows."""
    manual = almagest.run("manual", "almagest.7")[1].decode().replace("\\e", "\\")
    errorformat = re.search(r"set errorformat=(.*)", manual).group(1)
    (tmp_path / "out").write_bytes(almagest.run("check", "-c", CASE)[1])
    script = tmp_path / "script.vim"
    script.write_text(f"set errorformat={errorformat}\ncgetfile {tmp_path}/out\n"
                      "let all = map(filter(getqflist(), 'v:val.valid'), "
                      "'bufname(v:val.bufnr).\"|\".v:val.lnum.\"|\".v:val.col.\"|\".v:val.type.\"|\".v:val.text')\n"
                      f"call writefile(all, '{tmp_path}/places')\nqall!\n")
    subprocess.run(["vim", "-es", "-u", "NONE", "-S", script], check=True, cwd=almagest.root, stdin=subprocess.DEVNULL, timeout=20)
    seen = [tuple(line.split("|", 4)) for line in (tmp_path / "places").read_text().splitlines()]
    assert [(str(almagest.root / f), int(r), int(c), {"e": "error", "w": "warning"}[t.lower()], x) for f, r, c, t, x in seen] == list(expected())


def test_the_problem_matcher_of_vs_code_finds_every_problem(almagest):
    tasks = json.loads((almagest.root / ".vscode" / "tasks.json").read_text())
    matcher = tasks["tasks"][0]["problemMatcher"]
    pattern = matcher["pattern"]
    out = almagest.run("check", "-c", CASE)[1].decode()
    seen = []
    for line in out.splitlines():
        found = re.match(pattern["regexp"], line)
        if found:
            seen.append((found.group(pattern["file"]), int(found.group(pattern["line"])), int(found.group(pattern["column"])),
                         found.group(pattern["severity"]), found.group(pattern["message"])))
    assert seen == list(expected())
    assert re.match(matcher["background"]["beginsPattern"], "checking capsule")
    assert re.match(matcher["background"]["endsPattern"], out.splitlines()[-1])


def on_a_terminal(almagest, *words, until, rows=40, columns=100, keys=(), env=None, seconds=10):
    """What a program writes to a terminal, until the text `until` has come; then Ctrl-C."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})})
        os.environ.pop("NO_COLOR", None)
        os.execv(almagest.path, [almagest.path, *map(str, words)])
    import fcntl
    import struct
    import termios
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    seen, end, steps = b"", time.monotonic() + seconds, list(until)
    try:
        while time.monotonic() < end:
            if not select.select([fd], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            while steps and steps[0][0] in seen:
                action = steps.pop(0)[1]
                if action:
                    action(fd)
            if not steps:
                break
    finally:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(pid, 0)
        os.close(fd)
    assert not steps, seen.decode("utf-8", "replace")
    return seen


def test_colours_are_for_terminals_alone(almagest, capsule):
    write(capsule, "ada-lovelace", "nmae: x\n")
    shown = on_a_terminal(almagest, "check", "-c", capsule, until=[(b"0 warnings", None)])
    assert b"\x1b[31;1merror\x1b[m: nmae" in shown
    plain = on_a_terminal(almagest, "check", "-c", capsule, until=[(b"0 warnings", None)], env={"TERM": "dumb"})
    assert b"\x1b" not in plain and b"\x1b" not in almagest.run("check", "-c", capsule)[1]


# ---- again and again ----

class Watching:
    def __init__(self, almagest, *words):
        self.process = subprocess.Popen([almagest.path, "check", "--watch", *map(str, words)], stdout=subprocess.PIPE,
                                        env={**os.environ, "SOURCE_DATE_EPOCH": "1780000000"})
        self.rest = b""

    def line(self):
        while b"\n" not in self.rest:
            assert select.select([self.process.stdout], [], [], 10)[0], self.rest
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, self.rest
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def run(self, ends):
        lines = []
        while not (lines and ends(lines[-1])):
            lines.append(self.line())
        return lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def summary(line):
    return re.fullmatch(r"\d+ records?: .*", line)


def test_watch_checks_again_whenever_a_file_changes(almagest, capsule):
    file = write(capsule, "ada-lovelace")
    with Watching(almagest, "-c", capsule) as w:
        assert w.run(summary) == [f"checking {capsule}", "1 record: 0 errors, 0 warnings"]
        write(capsule, "ada-lovelace", "nmae: x\n")
        lines = w.run(summary)
        assert lines[0] == f"checking {capsule}" and f"{file}:3:1: error: nmae: " in lines[1] and lines[2].endswith("1 error, 0 warnings")
        new = file.with_name(".new")
        new.write_text(HEAD.format("Ada"))
        os.replace(new, file)  # as many editors save
        assert w.run(summary)[-1] == "1 record: 0 errors, 0 warnings"
        write(capsule, "alan-turing")
        assert w.run(summary)[-1].startswith("2 records")
        file.unlink()
        assert w.run(summary)[-1].startswith("1 record")
        write(capsule, "mamba", "title: Mamba\n", folder="sources")  # a folder that was not there
        assert w.run(summary)[-1].startswith("2 records")
        write(capsule, "s4", "title: S4\n", folder="sources")
        assert w.run(summary)[-1].startswith("3 records")
        assert w.process.poll() is None


def test_watch_takes_a_burst_for_one_change_and_passes_over_dot_files(almagest, capsule):
    write(capsule, "ada-lovelace")
    with Watching(almagest, "-c", capsule) as w:
        w.run(summary)
        (capsule / "people" / ".ada-lovelace.yaml.swp").write_text("x")
        time.sleep(0.3)
        assert not select.select([w.process.stdout], [], [], 0.2)[0]
        for i in range(30):
            write(capsule, f"person-{i}")
        lines = w.run(lambda line: line.startswith("31 records"))
        assert sum(line.startswith("checking") for line in lines) <= 2


def test_watch_in_json_is_an_object_a_line(almagest, capsule):
    write(capsule, "ada-lovelace")
    with Watching(almagest, "-c", capsule, "--format", "json") as w:
        assert json.loads(w.run(lambda _: True)[0])["errors"] == 0
        write(capsule, "ada-lovelace", "nmae: x\n")
        assert json.loads(w.run(lambda _: True)[0])["errors"] == 1


def test_watch_repaints_a_terminal(almagest, capsule):
    write(capsule, "ada-lovelace")
    shown = on_a_terminal(almagest, "check", "--watch", "-c", capsule,
                          until=[(b"waiting for changes", lambda _: write(capsule, "ada-lovelace", "nmae: x\n")),
                                 (b"1 error, 0 warnings", None)])
    assert shown.count(b"\x1b[2J") == 2


def test_watch_ends_when_nobody_reads_on(almagest, capsule):
    write(capsule, "ada-lovelace")
    process = subprocess.Popen([almagest.path, "check", "--watch", "-c", str(capsule)], stdout=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    for i in range(50):
        write(capsule, f"person-{i}")
        time.sleep(0.1)
        if process.poll() is not None:
            break
    assert process.wait(5) == 2


# ---- advice ----

SHARED = "start_here:\n  - title: Sketch\n    doi: 10.1000/1\n    authors: [Ada Lovelace, Alan Turing]\n"
ENOUGH = "start_here: {title: Own %s}\n"


def advice(almagest, capsule, today="1780000000"):
    status, out, complaint = almagest.run("check", "--advice", "-c", capsule, today=today)
    lines = out.decode().splitlines()
    assert (status, complaint) == (0, b"") and all(": note: " in line for line in lines[:-1])
    assert re.search(rf", {len(lines) - 1} notes?$", lines[-1])
    return [line.removeprefix(f"{capsule}/people/") for line in lines[:-1]]


def test_without_being_asked_check_gives_no_advice(almagest, capsule):
    write(capsule, "ada-lovelace")
    assert almagest.check(capsule) == (0, b"", b"") and len(advice(almagest, capsule)) == 1


def test_a_profile_without_start_here_is_noted(almagest, capsule):
    write(capsule, "ada-lovelace")
    write(capsule, "alan-turing", ENOUGH % "a")
    assert advice(almagest, capsule) == ["ada-lovelace.yaml:1:7: note: start_here: nothing to start with; add the one source that a "
                                         "newcomer should read first"]


def test_a_source_that_its_other_author_lacks_is_noted(almagest, capsule):
    write(capsule, "ada-lovelace", SHARED)
    write(capsule, "alan-turing", ENOUGH % "a")
    write(capsule, "grace-hopper", ENOUGH % "g")
    assert advice(almagest, capsule) == [
        'alan-turing.yaml:3:13: note: start_here: "Sketch" stands in people/ada-lovelace.yaml alone, though Alan Turing is among its '
        'authors; if it is a place to start here too, add "- doi:10.1000/1"']


def test_people_with_a_common_source_and_no_common_topic_are_noted(almagest, capsule):
    write(capsule, "ada-lovelace", SHARED + "topics: [machines]\n")
    write(capsule, "alan-turing", "start_here: doi:10.1000/1\ntopics: [logic]\n")
    write(capsule, "grace-hopper", "start_here: doi:10.1000/1\ntopics: [logic, machines]\n")
    assert advice(almagest, capsule) == [
        "ada-lovelace.yaml:7:10: note: topics: no topic in common with people/alan-turing.yaml, though they share a source; name what "
        "they both work on"]


@pytest.mark.parametrize("day,noted", [("2025-05-27", True), ("2025-05-29", False), ("2026-05-01", False)])
def test_a_review_of_more_than_a_year_ago_is_noted(almagest, capsule, day, noted):
    write(capsule, "ada-lovelace", ENOUGH % "a" + f"reviewed: {day}\n")
    assert [": reviewed: the last review is more than a year old" in line for line in advice(almagest, capsule)] == [True] * noted


@pytest.mark.parametrize("what,one,other", [
    ("orcid", "links: {orcid: 0000-0002-1825-0097}\n", "links: {orcid: https://orcid.org/0000-0002-1825-0097}\n"),
    ("homepage", "links: {homepage: 'http://example.org/~ada/'}\n", "links: {homepage: 'https://EXAMPLE.org/~ada'}\n"),
])
def test_two_records_that_may_be_one_person_are_noted(almagest, capsule, what, one, other):
    write(capsule, "ada-lovelace", ENOUGH % "a" + one)
    write(capsule, "augusta-king", ENOUGH % "b" + other)
    notes = advice(almagest, capsule)
    assert len(notes) == 1 and notes[0].startswith("augusta-king.yaml:4:") and f": {what}: the same stands in people/ada-lovelace.yaml;" in notes[0]


def test_two_records_with_one_alias_are_noted_beside_the_warning(almagest, capsule):
    write(capsule, "ada-lovelace", ENOUGH % "a" + "aliases: [Lady Ada]\n")
    write(capsule, "augusta-king", ENOUGH % "b" + "aliases: [lady ada]\n")
    out = almagest.run("check", "--advice", "-c", capsule)[1].decode()
    assert "augusta-king.yaml:4:11: note: aliases: the same stands in people/ada-lovelace.yaml" in out


@pytest.mark.parametrize("rare,noted", [("state space model", True), ("sate space models", True),
                                        ("state spcae models", True), ("state space modelz", True), ("state space modules", False),
                                        ("steady states", False)])
def test_a_topic_that_is_a_letter_away_from_a_common_one_is_noted(almagest, capsule, rare, noted):
    for i in range(3):
        write(capsule, f"person-{i}", ENOUGH % i + "topics: [state space models]\n")
    write(capsule, "ada-lovelace", ENOUGH % "a" + f"topics: [{rare}]\n")
    notes = advice(almagest, capsule)
    assert notes == ([f'ada-lovelace.yaml:4:10: note: topics: nobody else has "{rare}"; did you mean "state space models", which 3 people '
                      "have?"] if noted else [])


def test_drafts_and_withdrawn_profiles_get_no_advice(almagest, capsule):
    write(capsule, "ada-lovelace", "draft: true\n")
    write(capsule, "alan-turing", "withdrawn: At his wish.\n")
    assert advice(almagest, capsule) == []


def test_advice_on_the_directory_itself_is_quick_and_no_error(almagest):
    begin = time.monotonic()
    assert almagest.run("check", "--advice", "-c", almagest.root / "capsule", today=None)[0] == 0
    assert time.monotonic() - begin < 5

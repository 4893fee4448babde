"""The manual: every field, setting, command and option stands in it as the program has it, mandoc finds nothing to complain
of, and `almagest help TOPIC` shows it where no man(1) knows it."""

import json
import os
import re
import subprocess

import pytest

PAGES = ["almagest.1", "almagest.7", "almagest-record.5", "almagest-capsule.5"]
TOPICS = {"almagest": "almagest.1", "commands": "almagest.1", "almagest.1": "almagest.1", "editors": "almagest.7", "tour": "almagest.7",
          "almagest.7": "almagest.7", "record": "almagest-record.5", "records": "almagest-record.5",
          "almagest-record": "almagest-record.5", "capsule": "almagest-capsule.5", "settings": "almagest-capsule.5"}
TABLES = [("almagest-record.5", "record"), ("almagest-record.5", "source"), ("almagest-record.5", "topic"),
          ("almagest-record.5", "organization"), ("almagest-capsule.5", "settings"), ("almagest-capsule.5", "local")]


def page_of(almagest, page):
    status, out, complaint = almagest.run("manual", page)
    assert (status, complaint) == (0, b"")
    return out.decode()


@pytest.mark.parametrize("page", PAGES)
def test_mandoc_finds_nothing_to_warn_of(page, almagest, tmp_path):
    file = tmp_path / page
    file.write_text(page_of(almagest, page))
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", file], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("page,kind", TABLES)
def test_every_field_stands_in_the_manual_with_its_help_and_limits(almagest, page, kind):
    items = {}
    for key, text in re.findall(r"^\.It Cm ([a-z_]+)\n((?:.*\n)+?)(?=\.It|\.El)", page_of(almagest, page), re.M):
        items[key] = items.get(key, "") + text  # a key that several kinds of file have
    for key, rules in json.loads(almagest.run("schema", kind)[1])["properties"].items():
        if kind == "source" and key in ("name", "aliases", "summary"):
            continue  # said in a sentence
        if rules.get("deprecated"):
            assert key not in items  # a name that it had before; check tells the new one
            continue
        assert rules["description"] in items[key].replace("\\e", "\\").replace("\\&", ""), key
        for limit in re.findall(r'"max(?:Length|Items)": (\d+)', json.dumps(rules["anyOf"]))[:1] if "pattern" not in json.dumps(rules) else []:
            assert limit in items[key] or str(int(limit) * 10 // 11) in items[key], (key, limit)


def test_every_command_and_every_option_of_its_own_stands_in_the_manual(almagest):
    text = page_of(almagest, "almagest.1")
    commands = re.findall(r"^  almagest ([a-z]+) ", almagest.run("help")[1].decode().split("The manual")[0], re.M)
    assert len(commands) >= 11
    for command in commands:
        assert f"\n.It Cm {command}" in text
        help_text = almagest.run("help", command)[1].decode()
        for option in re.findall(r"^  --([a-z-]+)", help_text, re.M):
            assert f".It Fl Fl {option}" in text, (command, option)


def test_options_are_of_the_commands_that_help_names(almagest):
    """Each option is taken where help shows it, and elsewhere refused with the command that has it."""
    own = {}
    commands = re.findall(r"^  almagest ([a-z]+) ", almagest.run("help")[1].decode().split("The manual")[0], re.M)
    for command in commands:
        if command != "serve":
            for option in re.findall(r"^  --([a-z-]+)", almagest.run("help", command)[1].decode(), re.M):
                own.setdefault(option, set()).add(command)
    assert {"advice", "as", "check", "diff", "format", "merge", "watch", "width", "write"} <= set(own)
    for option, takers in own.items():
        for command in set(commands) - takers:
            status, _, complaint = almagest.run(command, f"--{option}", "x")
            assert status == 2 and f"--{option}: an option of almagest ".encode() in complaint, (option, command)


@pytest.mark.parametrize("topic,page", TOPICS.items())
def test_help_shows_the_page_as_text(almagest, topic, page):
    status, out, complaint = almagest.run("help", topic)
    assert (status, complaint) == (0, b"")
    text = out.decode()
    name, section = page.rsplit(".", 1)
    assert text.startswith(f"{name.upper()}({section})\n\nNAME\n     {name} – ")
    assert not re.search(r"^\.|\\&|\\e|\x1b", text, re.M)
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("page", PAGES)
def test_the_text_has_the_words_that_mandoc_shows(almagest, page, tmp_path):
    file = tmp_path / page
    file.write_text(page_of(almagest, page))
    theirs = subprocess.run(["mandoc", "-Tutf8", "-Owidth=80", file], capture_output=True, text=True, check=True).stdout
    theirs = re.sub(r".\x08", "", theirs)
    ours = almagest.run("help", page)[1].decode()
    plain = lambda s: re.sub(r"\s+", "", re.sub(r"[‘’\[\]–—‐-]", "", s))
    body = lambda s: plain(s[s.index("NAME"):])
    theirs = "\n".join(theirs.splitlines()[:-1])  # without the foot
    assert body(ours) == body(theirs)


def test_help_lists_the_topics(almagest):
    text = almagest.run("help")[1].decode()
    for topic in ("almagest", "editors", "record", "capsule"):
        assert f"almagest help {topic} " in text


def test_an_unknown_topic_names_the_nearest_command(almagest):
    assert almagest.run("help", "chekc")[0] == 2
    status, out, complaint = almagest.run("manual", "nothing")
    assert (status, out) == (2, b"") and b"expected almagest.1, almagest.7, almagest-record.5 or almagest-capsule.5" in complaint


def test_the_commands_of_the_tour_work_as_they_stand(almagest, tmp_path):
    """What an editor types from the tour, in its order, in a new folder."""
    (tmp_path / "capsule").mkdir()
    (tmp_path / "docs" / "schema").mkdir(parents=True)
    here = almagest.root / "tests" / "golden" / "import"
    (tmp_path / "ada.json").write_bytes((here / "lovelace.orcid.json").read_bytes())
    (tmp_path / "ada.bib").write_bytes((here / "lovelace.bib").read_bytes())
    lines = re.findall(r"^(?:\.Dl )?\$ (almagest .*)$", page_of(almagest, "almagest.7"), re.M)
    assert len(lines) >= 9
    env = {**os.environ, "PATH": f"{os.path.dirname(almagest.path)}:{os.environ['PATH']}"}
    for line in lines:
        line = line.replace("\\(dq", '"')
        line = line.replace("--watch ", "").replace(" --watch", "")
        done = subprocess.run(line, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "capsule" / "people" / "ada-king.yaml").exists()

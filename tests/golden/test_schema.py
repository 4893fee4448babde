"""almagest schema gives editors what check gives them later: it takes every record of the directory and refuses the
mistakes that a schema can express. What lies between files, or in a checksum, only check can see."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

HERE = Path(__file__).resolve().parent
CAPSULE = HERE.parents[1] / "capsule"
KINDS = {"record": "people", "organization": "organizations", "topic": "topics", "source": "sources",
         "settings": None, "local": None}
FILES = {"capsule.yaml": "settings", "local.yaml": "local"}

# The cases of check/ that a schema refuses, as check does.
EXPRESSIBLE = [
    "accents-before", "bad-date", "bad-doi", "bad-flag", "bad-kind", "bad-slug", "bad-url", "capsule-language",
    "capsule-machine-key", "capsule-unknown-key", "comments-only", "empty-file", "item-twice", "link-ids", "links-too-many",
    "list-in-start-here", "list-too-long", "list-where-map", "list-where-record", "list-where-text", "local", "map-in-list",
    "map-where-list", "map-where-text", "orcid-form", "pin-form", "related-to-rejected", "required-key-missing",
    "ror-checksum", "several-files", "several-in-one-file", "source-rejected", "source-says-nothing", "text-too-long",
    "text-too-long-in-characters", "text-where-map", "text-where-record", "too-deep", "topic-empty", "unknown-key",
    "unknown-key-in-source", "year-form", "year-long", "year-out-of-range",
]


@pytest.fixture(scope="session")
def validators(almagest):
    made = {}
    for kind in KINDS:
        status, out, complaint = almagest.run("schema", kind)
        assert (status, complaint) == (0, b"")
        made[kind] = jsonschema.Draft202012Validator(json.loads(out))
    return made


def load(file):
    """A file as almagest reads it: every scalar is text, so no YAML 1.1 date, number or yes."""
    return yaml.load(file.read_bytes().decode(), yaml.BaseLoader)


def kind_of(path):
    return FILES.get(path.name) or next(kind for kind, folder in KINDS.items() if folder == path.parts[0])


def files_of(folder):
    for file in sorted(folder.rglob("*.yaml")):
        path = file.relative_to(folder)
        if path.name in FILES or path.parts[0] in KINDS.values():
            yield file, kind_of(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_of_draft_2020_12(validators, kind):
    schema = validators[kind].schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema" and schema["title"]
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_tells_of_every_key_what_to_write_and_shows_it(validators, kind):
    for key, rules in validators[kind].schema["properties"].items():
        assert re.fullmatch("[a-z_]+", key) and rules["description"] and rules["examples"], key


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_a_schema_fit_it(validators, kind):
    record = {"record": {"name": "x", "tagline": "x"}}.get(kind, {})
    for key, rules in validators[kind].schema["properties"].items():
        for example in rules["examples"]:
            errors = list(validators[kind].iter_errors({**record, key: example}))
            as_map = dict([example.split(": ", 1)]) if isinstance(example, str) and ": " in example else example
            assert not errors or not list(validators[kind].iter_errors({**record, key: as_map})), (key, example)


def test_the_schema_without_a_name_is_that_of_a_record(almagest):
    assert almagest.run("schema") == almagest.run("schema", "record")


def test_every_file_of_the_directory_fits_its_schema(validators):
    seen = 0
    for file, kind in files_of(CAPSULE):
        errors = [f"{file.name}: {e.json_path}: {e.message}" for e in validators[kind].iter_errors(load(file))]
        assert errors == []
        seen += 1
    assert seen > 150


@pytest.mark.parametrize("case", ["rich", "marks", "wide", "dates", "own-page", "german", "bibtex", "letters", "minimal", "empty"])
def test_every_file_of_a_golden_capsule_fits_its_schema(validators, case):
    for file, kind in files_of(HERE / "pages" / case):
        assert [e.message for e in validators[kind].iter_errors(load(file))] == [], file


@pytest.mark.parametrize("case", EXPRESSIBLE)
def test_a_schema_refuses_what_check_refuses(validators, almagest, case):
    assert almagest.check(HERE / "check" / case)[0] == 1
    refused = [kind for file, kind in files_of(HERE / "check" / case) if list(validators[kind].iter_errors(load(file)))]
    assert refused, f"no file of {case} is refused"


def test_a_schema_refuses_no_other_mistake_than_those(validators):
    """What is neither here nor unreadable as YAML only check can see: places between files, checksums, characters."""
    for folder in sorted((HERE / "check").iterdir()):
        try:
            refused = any(list(validators[kind].iter_errors(load(file))) for file, kind in files_of(folder) if load(file))
        except (yaml.YAMLError, UnicodeError):
            continue
        assert refused == (folder.name in EXPRESSIBLE and folder.name not in ("comments-only", "empty-file", "topic-empty")), folder.name


def test_with_suggest_a_schema_proposes_what_the_directory_has(almagest):
    status, out, complaint = almagest.run("schema", "--suggest", "-c", CAPSULE, today=None)
    assert (status, complaint) == (0, b"")
    schema = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(schema["properties"], ensure_ascii=False)
    for key, known in (("topics", "state space models"), ("organizations", "Princeton University"), ("related", "albert-gu"),
                       ("unrelated", "tri-dao"), ("start_here", "mamba")):
        assert f'"{known}"' in json.dumps(schema["properties"][key], ensure_ascii=False), key
    assert '"christopher-re"' in text
    validator = jsonschema.Draft202012Validator(schema)
    for file in sorted((CAPSULE / "people").glob("*.yaml")):
        assert [e.message for e in validator.iter_errors(load(file))] == [], file
    assert [e.message for e in validator.iter_errors({**HEAD, "topics": ["a new one"], "related": ["somebody-new"]})] == []


def test_completion_knows_the_labels_of_links(validators):
    value = validators["record"].schema["properties"]["links"]["anyOf"][0]
    assert {"homepage", "orcid", "github", "gemini"} < set(value["properties"])


def test_the_editor_is_told_which_schema_is_for_which_file():
    """The mapping that VS Code and other users of the YAML language server read."""
    settings = json.loads((CAPSULE.parent / ".vscode" / "settings.json").read_text())["yaml.schemas"]
    matched = {}
    for schema, pattern in settings.items():
        assert json.loads((CAPSULE.parent / schema).read_text())["title"]
        for file in CAPSULE.parent.glob(pattern):
            assert file not in matched
            matched[file] = Path(schema).stem
    for file, kind in files_of(CAPSULE):
        assert matched[file] == kind


def test_a_schema_refuses_nothing_that_check_takes(validators, almagest):
    for folder in sorted((HERE / "check").iterdir()):
        if almagest.check(folder)[0] == 1:
            continue
        for file, kind in files_of(folder):
            if load(file):
                assert [e.message for e in validators[kind].iter_errors(load(file))] == [], file


HEAD = {"name": "Ada Lovelace", "tagline": "Wrote the first program"}
BOTH = [
    # what, field, value, whether it is right (None: only check can tell)
    ("one topic in place of a list", "topics", "computing", True),
    ("an empty value", "role", "", True),
    ("an empty list", "topics", [], True),
    ("an empty item", "topics", ["computing", ""], True),
    ("a name of one character", "name", "A", True),
    ("a name of 120 characters that take two bytes", "name", "é" * 120, True),
    ("a name of 121 characters", "name", "x" * 121, False),
    ("twelve topics", "topics", [f"t{i}" for i in range(12)], True),
    ("thirteen topics", "topics", [f"t{i}" for i in range(13)], False),
    ("a topic of 81 characters", "topics", ["x" * 81], False),
    ("a list in a list", "topics", [["x"]], False),
    ("a flag", "draft", "true", True),
    ("a flag in another case", "draft", "True", False),
    ("a day that is none, in the right form", "reviewed", "2026-02-30", None),
    ("a day in another form", "reviewed", "01.05.2026", False),
    ("a pin with a reason", "related", ["alan-turing: read her notes"], True),
    ("a pin with a reason, as a map", "related", [{"alan-turing": "read her notes"}], True),
    ("a pin without a list", "related", "alan-turing", True),
    ("a pin with too long a reason", "related", [{"alan-turing": "x" * 201}], False),
    ("a pin with too long a reason in a text", "related", ["alan-turing: " + "x" * 201], None),
    ("a pin that is no slug", "related", ["Alan Turing"], False),
    ("links", "links", {"homepage": "https://example.org/"}, True),
    ("a link in a list", "links", ["https://example.org/"], False),
    ("a source by reference", "start_here", "doi:10.1000/182", None),
    ("a source by title", "start_here", {"title": "Sketch", "year": "1843"}, True),
    ("a source in a list", "start_here", [{"title": "Sketch"}], True),
    ("a year of three digits", "start_here", [{"title": "Sketch", "year": "843"}], False),
    ("an unknown kind", "start_here", [{"title": "Sketch", "kind": "article"}], False),
    ("a source with an unknown key", "start_here", [{"title": "Sketch", "pages": "3"}], False),
    ("a source with a key of one's own", "start_here", [{"title": "Sketch", "x-pages": "3"}], True),
    ("41 sources", "start_here", [{"title": f"Sketch {i}"} for i in range(41)], False),
    ("61 authors", "start_here", [{"title": "Sketch", "authors": [f"A {i}" for i in range(61)]}], False),
    ("an arXiv id", "start_here", [{"title": "Sketch", "arxiv": "cs/0511072v2"}], True),
    ("a DOI as an address", "start_here", [{"title": "Sketch", "doi": "https://doi.org/10.1000/182"}], True),
    ("a former slug", "former_slugs", ["ada-byron"], True),
    ("a former slug of 81 characters", "former_slugs", ["a" * 81], False),
    ("a key of one's own", "x-notes", {"anything": ["at", "all"]}, True),
    ("a reference that says nothing", "start_here", [{"why": "x"}], False),
    ("a DOI that is none", "start_here", [{"doi": "11.1000/182"}], False),
    ("an arXiv id of a thirteenth month", "start_here", [{"arxiv": "2313.00752"}], False),
    ("a word listed twice", "topics", ["computing", "computing"], False),
    ("a user on GitHub", "links", {"github": "ada"}, True),
    ("a GitHub page", "links", {"github": "https://github.com/ada"}, True),
    ("a user with a blank", "links", {"github": "ada lovelace"}, False),
    ("an ORCID", "links", {"orcid": "0000-0002-1825-0097"}, True),
    ("an ORCID as an address", "links", {"orcid": "https://orcid.org/0000-0002-1825-0097"}, True),
    ("an ORCID with a wrong digit", "links", {"orcid": "0000-0002-1825-0098"}, None),
    ("half an ORCID", "links", {"orcid": "0000-0002"}, False),
    ("a link that is no URL", "links", {"My page": "example"}, False),
    ("an empty link", "links", {"github": ""}, True),
    ("a Semantic Scholar id", "links", {"semanticscholar": "1741101"}, True),
    ("a fediverse address", "links", {"fediverse": "@ada@example.org"}, True),
    ("a summary of 2000 characters in a block", "summary", "x " * 999 + "xx\n", True),
    ("an empty date", "reviewed", "", True),
    ("a day in a thirteenth month", "reviewed", "2026-13-01", False),
    ("a withdrawal", "withdrawn", "At her wish.", True),
]


def dump(record):
    return yaml.dump(record, Dumper=yaml.SafeDumper, allow_unicode=True, sort_keys=False)


@pytest.mark.parametrize("what,field,value,right", BOTH, ids=[row[0] for row in BOTH])
def test_schema_and_check_say_the_same_of(validators, almagest, tmp_path, what, field, value, right):
    people = tmp_path / "people"
    people.mkdir()
    (people / "alan-turing.yaml").write_text("name: Alan Turing\ntagline: Asked what can be computed\n")
    file = people / "ada-lovelace.yaml"
    file.write_text(dump({**HEAD, field: value}))
    errors = [e.message for e in validators["record"].iter_errors(load(file))]
    status, out, _ = almagest.check(tmp_path)
    assert (status == 0) == bool(right), out.decode()
    if right is not None:
        assert (errors == []) == right, errors


def test_a_value_that_other_loaders_turn_into_a_number_or_a_date_fits_too(validators):
    text = "name: 1729\ntagline: 1.5\ndraft: false\nrole: true\nstart_here:\n  - title: 1984\n    year: 1949\n    arxiv: 2405.21060\n"
    record = yaml.load(text, yaml.SafeLoader)
    assert [e.message for e in validators["record"].iter_errors(record)] == []

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
    "accents-before", "bad-arxiv", "bad-date", "bad-doi", "bad-flag", "bad-kind", "bad-slug", "bad-url", "capsule-heading",
    "capsule-language", "capsule-machine-key", "capsule-unknown-key", "comments-only", "draft-checked", "empty-file",
    "item-twice", "link-ids", "links-too-many", "list-in-start-here", "list-too-long", "list-where-map",
    "list-where-record", "list-where-text", "local", "map-in-list", "map-where-list", "map-where-text", "no-reference",
    "orcid-form", "pin-form", "related-to-rejected", "required-key-empty", "required-key-missing", "ror-checksum",
    "several-files", "several-in-one-file", "source-rejected", "source-says-nothing", "text-too-long",
    "text-too-long-in-characters", "text-where-map", "text-where-record", "too-deep", "topic-empty",
    "undefined-reference-with-mistake", "unknown-key", "unknown-key-in-source", "year-form", "year-long",
    "year-out-of-range",
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
    ("a blank date", "updated", " ", True),
    ("a blank name", "name", " ", False),
    ("an address that pages do not link", "links", {"My page": "javascript:alert(1)"}, False),
    ("an address without a host", "links", {"homepage": "https:///x"}, False),
    ("a DOI of another's server", "start_here", [{"title": "T", "doi": "https://example.org/x"}], False),
    ("a DOI with an encoded slash", "start_here", [{"title": "T", "doi": "https://doi.org/10.1000%2F182"}], True),
    ("an arXiv id before there were any", "start_here", [{"title": "T", "arxiv": "0703.0001"}], False),
    ("an arXiv id of four digits after 2014", "start_here", [{"title": "T", "arxiv": "1501.0001"}], False),
    ("a reference that is a sentence", "start_here", ["her notes on the engine"], False),
    ("a reference that is an arXiv id alone", "start_here", ["cs/0511072"], False),
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


WORDS = ["x", "", " ", "a b", "A: b", *("x" * n for n in (80, 81, 120, 121, 160, 161, 200, 300, 301)), "é" * 80, "2026-01-01", "2026-1-1", "843",
         "1843", "0999", " 1843 ", "true", "yes", "True", "null", "~", "0", "-1", "1.5", "ada-king", "ada--king", "-a", "index", "ada-king: why",
         "http://x.y/", "https://example.org/a b", "mailto:a@b.c", "gemini://x/", "javascript:alert(1)", "ftp://x/y", "http://", "//x/y",
         "doi:10.1145/3180143", "10.1145", "10.114/x", "DOI:10.1145/x", "http://dx.doi.org/10.1145/x", "https://example.org/10.1145/x",
         "2205.14135", "2205.14135v2", "2213.14135", "2205.141", "cs/0511072", "cs/051107", "https://arxiv.org/pdf/2205.14135v1.pdf", "0704.0001",
         "00f54p054", "https://ror.org/05dxps055", "05dxps05", "0000-0002-1825-0097", "orcid:0000-0002-1825-0097", "Q42", "q42", "A123", "123",
         "@a@b.c", "@a@b", "90/1234-1", "de-AT", "paper", "Paper", "a\nb", "a\n\nb", " lead", "\u00a0", "\u3000", "---", "#", "@x"]
LABELS = ["title", "year", "url", "doi", "arxiv", "kind", "authors", "why", "id", "et_al", "orcid", "github", "homepage", "dblp", "scholar",
          "fediverse", "wikidata", "openalex", "semanticscholar", "My page", "ada-king", "x-a"]
# What stands between files, in a checksum, or in a text with a grammar of several parts.
ONLY_CHECK = re.compile("names nobody|no record says|checksum|[0-9]+ characters, |is reserved|not a day|links: a text stands here|"
                        "not a slug|: no reference|not a URL|not an? (DOI|ROR id)|expected (one of|true or)")


def any_value(chance, depth=0):
    shape = chance.random() + depth / 4
    if shape < 0.25:
        return [any_value(chance, depth + 1) for _ in range(chance.choice([0, 1, 2, 3, 13, 41]))]
    if shape < 0.5:
        return {chance.choice(LABELS): any_value(chance, depth + 1) for _ in range(chance.choice([0, 1, 2, 3]))}
    return chance.choice(WORDS)


@pytest.mark.parametrize("kind", [kind for kind, folder in KINDS.items() if folder])
def test_schema_and_check_say_the_same_of_any_value(validators, almagest, tmp_path, kind):
    import random
    chance, folder, rules = random.Random(kind), tmp_path / KINDS[kind], validators[kind].schema
    folder.mkdir()
    for i in range(400):
        made = {**{key: "x" for key in rules["required"]}, chance.choice(list(rules["properties"])): any_value(chance)}
        (folder / f"r{i}.yaml").write_text(dump(made))
    said = {}
    for path, text in re.findall(r"(?m)^(\S+?):\d+:\d+: error: (.*)", almagest.check(tmp_path)[1].decode()):
        said.setdefault(path, []).append(text)
    refused = 0
    for file in sorted(folder.iterdir()):
        errors = [e.message for e in validators[kind].iter_errors(load(file))]
        wrong = said.get(f"{KINDS[kind]}/{file.name}", [])
        assert wrong or not errors, (file.read_text(), errors)
        assert errors or all(ONLY_CHECK.search(text) for text in wrong), (file.read_text(), wrong)
        refused += bool(errors)
    assert 50 < refused < 350


def test_the_schema_of_settings_knows_every_phrase_of_pages(validators):
    assert list(validators["settings"].iter_errors({"headings": {"Start Here": "Read First"}})) == []
    assert list(validators["settings"].iter_errors({"headings": {"Start here": "Read First"}}))


def test_a_value_that_other_loaders_turn_into_a_number_or_a_date_fits_too(validators):
    text = "name: 1729\ntagline: 1.5\ndraft: false\nrole: true\nstart_here:\n  - title: 1984\n    year: 1949\n    arxiv: 2405.21060\n"
    record = yaml.load(text, yaml.SafeLoader)
    assert [e.message for e in validators["record"].iter_errors(record)] == []

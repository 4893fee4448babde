"""What docs/ says is what the program says."""

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ALMAGEST = os.environ.get("ALMAGEST", str(ROOT / "build" / "almagest"))
KINDS = {"record": "people", "organization": "organizations", "topic": "topics", "source": "sources", "settings": None,
         "local": None}


def say(*words):
    return subprocess.run([ALMAGEST, *words], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("page", ["almagest.1", "almagest.7", "almagest-record.5", "almagest-capsule.5"])
def test_a_manual_page_is_the_programs_own(page):
    assert (ROOT / "docs" / page).read_text() == say("manual", page), "run make docs"


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_the_programs_own_and_valid(kind):
    text = say("schema", kind)
    assert (ROOT / "docs" / "schema" / f"{kind}.json").read_text() == text, "run make docs"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k]])
def test_every_record_of_the_directory_fits_its_schema(kind):
    validator = jsonschema.Draft202012Validator(json.loads(say("schema", kind)))
    for file in sorted((ROOT / "capsule" / KINDS[kind]).rglob("*.yaml")):
        validator.validate(yaml.load(file.read_text(), yaml.BaseLoader))


@pytest.mark.parametrize("wrong", ["nmae: x", "name: x", "name: x\ntagline: " + "y" * 161,
                                   "name: x\ntagline: y\nreviewed: yesterday", "name: x\ntagline: y\nrelated: [A B]"])
def test_a_schema_refuses_what_the_check_refuses(tmp_path, wrong):
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "x.yaml").write_text(wrong + "\n")
    assert subprocess.run([ALMAGEST, "check", "-c", str(tmp_path)], capture_output=True).returncode == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(say("schema"))).validate(yaml.load(wrong, yaml.BaseLoader))

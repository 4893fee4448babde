"""The command line: what is mistyped is told with the nearest right word, and the exit status says what a script needs to
know: 0 all is well, 1 something was found wrong, 2 the command was not understood."""

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
COMMANDS = ["serve", "check", "show", "search", "export", "mirror", "new", "import", "rename", "fmt", "schema", "manual", "cert"]
ONE = "name: Ada Lovelace\ntagline: Wrote the first program\n"


@pytest.fixture
def capsule(tmp_path):
    (tmp_path / "people").mkdir()
    return tmp_path


# ---- help ----

@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"]])
def test_help_names_every_command(almagest, words):
    status, out, complaint = almagest.run(*words)
    assert (status, complaint) == (0, b"")
    for command in COMMANDS:
        assert f"almagest {command}" in out.decode()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_the_same_in_every_spelling(almagest, command):
    status, out, complaint = almagest.run("help", command)
    assert (status, complaint) == (0, b"")
    assert out.startswith(f"usage: almagest {command} ".encode()) and b"--capsule FOLDER" in out
    assert almagest.run(command, "--help") == almagest.run(command, "-h") == (0, out, b"")


def test_no_command_is_wrong_usage_and_shows_them_all(almagest):
    status, out, complaint = almagest.run()
    assert (status, out) == (2, b"") and complaint == almagest.run("help")[1]


def test_the_version_is_one_line(almagest):
    status, out, complaint = almagest.run("--version")
    assert (status, complaint) == (0, b"") and out.startswith(b"almagest ") and out.count(b"\n") == 1


# ---- what is mistyped ----

@pytest.mark.parametrize("typed,meant", [("chekc", "check"), ("serv", "serve"), ("shwo", "show"), ("serch", "search"),
                                         ("shema", "schema"), ("certs", "cert"), ("mew", "new")])
def test_an_unknown_command_names_the_nearest(almagest, typed, meant):
    status, out, complaint = almagest.run(typed)
    assert (status, out) == (2, b"")
    assert complaint.decode() == f'almagest: {typed}: unknown command; did you mean "almagest {meant}"?\n'
    assert almagest.run("help", typed) == (2, b"", complaint)


def test_a_command_unlike_any_is_sent_to_help(almagest):
    assert almagest.run("frobnicate") == (2, b"", b"almagest: frobnicate: unknown command; see almagest help\n")


@pytest.mark.parametrize("typed,meant", [("capsul", "capsule"), ("gemni", "gemini"), ("gofer", "gopher"), ("hosts", "host"),
                                         ("titel", "title"), ("worker", "workers"), ("reader_ports", "reader-ports"), ("hlep", "help")])
def test_an_unknown_option_names_the_nearest(almagest, typed, meant):
    status, out, complaint = almagest.run("check", f"--{typed}", "x")
    assert (status, out) == (2, b"")
    assert complaint.decode() == f"almagest: --{typed}: unknown option; did you mean --{meant}?\n"


@pytest.mark.parametrize("words,said", [
    (["check", "--frobnicate"], "--frobnicate: unknown option; see almagest help check"),
    (["check", "-x"], "-x: unknown option; see almagest help check"),
    (["check", "-c"], "--capsule: a value must follow"),
    (["check", "--workers"], "--workers: a value must follow"),
    (["check", "--workers", "none"], '--workers: "none": expected a whole number from 1 to 256'),
    (["check", "--workers=0"], '--workers: "0": expected a whole number from 1 to 256'),
    (["check", "--limit-loopback", "yes"], '--limit-loopback: "yes": expected true or false'),
    (["check", "people"], "check takes no words; name the capsule with -c FOLDER"),
    (["show"], "usage: almagest show PATH, such as /people/tri-dao.gmi"),
    (["show", "/index.gmi", "--as", "html"], "--as html: unknown form; expected gemini, gopher, text or finger"),
    (["search"], "usage: almagest search WORDS"),
    (["new"], 'usage: almagest new "FIRST LAST"'),
    (["new", "Ada", "Lovelace"], 'usage: almagest new "FIRST LAST"'),
    (["schema", "person"], "person: no such kind of file; expected record, organization, topic, source, settings or local"),
    (["schema", "record", "topic"], "usage: almagest schema [record|organization|topic|source|settings|local]"),
])
def test_wrong_usage_says_what_was_expected(almagest, words, said):
    assert almagest.run(*words) == (2, b"", f"almagest: {said}\n".encode())


def test_a_value_may_follow_an_equals_sign_and_an_option_may_come_before_the_word(almagest):
    page = almagest.run("show", "/index.gmi", "-c", HERE / "pages" / "rich")
    assert page[0] == 0
    assert almagest.run("show", f"--capsule={HERE / 'pages' / 'rich'}", "--as=gemini", "--", "/index.gmi") == page


def test_a_setting_given_as_an_option_beats_the_file(almagest):
    status, out, _ = almagest.run("show", "/people/ada-lovelace.gmi", "-c", HERE / "pages" / "rich", "--as", "text",
                                  "--host", "other.example.org")
    assert status == 0 and b"gemini://other.example.org/people/" in out


def test_the_capsule_is_the_folder_capsule_else_the_one_we_stand_in(almagest, tmp_path):
    shutil.copytree(HERE / "pages" / "minimal", tmp_path / "capsule")
    page = almagest.run("show", "/people/ada-lovelace.gmi", "-c", HERE / "pages" / "minimal")
    assert almagest.run("show", "/people/ada-lovelace.gmi", cwd=tmp_path) == page
    assert almagest.run("show", "/people/ada-lovelace.gmi", cwd=tmp_path / "capsule") == page


@pytest.mark.parametrize("words", [["check"], ["show", "/index.gmi"], ["search", "x"]])
def test_a_capsule_that_is_not_there_is_told_of(almagest, tmp_path, words):
    status, out, complaint = almagest.run(*words, "-c", tmp_path / "nowhere")
    assert status in (1, 2) and out == b"" and b"no such folder" in complaint


# ---- show and search ----

@pytest.mark.parametrize("form", ["gemini", "gopher", "text", "finger"])
def test_show_prints_a_page_of_the_directory_in_every_form(almagest, form):
    status, out, complaint = almagest.run("show", "/people/tri-dao.gmi", "-c", almagest.root / "capsule", "--as", form, today=None)
    assert (status, complaint) == (0, b"")
    out.decode()
    assert b"Tri Dao" in out and b"Related Researchers" in out and b"FlashAttention" in out


def test_show_tells_of_a_path_that_leads_nowhere(almagest):
    for path in ("/people/nobody.gmi", "/local.yaml", "/files/../local.yaml", "/mirror/nothing.txt", "/mirror/.facts", "/people/nobody.txt",
                 "/topics/nothing.gmi", "/.catalog/x", "/names/a.gmi/x", "/people/tri-dao.gmi/", "/PEOPLE/TRI-DAO.GMI"):
        status, out, complaint = almagest.run("show", path, "-c", almagest.root / "capsule", today=None)
        assert (status, out) == (1, b""), path
        assert complaint.decode() == (f"almagest: {path}: nothing is at this address; see almagest show /index.gmi, "
                                        "or almagest check if its record may hold an error\n")


@pytest.mark.parametrize("path", ["tri-da", "/people/tri-dap.gmi", "/people/tridao"])
def test_show_of_a_mistyped_name_proposes_the_nearest(almagest, path):
    status, out, complaint = almagest.run("show", path, "-c", almagest.root / "capsule", today=None)
    assert (status, out) == (1, b"") and complaint.endswith(b"nothing is at this address; did you mean tri-dao?\n")


def test_show_works_while_other_records_hold_mistakes(almagest, capsule):
    (capsule / "people" / "ada-lovelace.yaml").write_text(ONE)
    (capsule / "people" / "alan-turing.yaml").write_text("name: Alan Turing\n")
    assert almagest.check(capsule)[0] == 1
    status, out, _ = almagest.run("show", "/people/index.gmi", "-c", capsule)
    assert status == 0 and b"Ada Lovelace" in out and b"Alan Turing" not in out


@pytest.mark.parametrize("words,found", [(["tri", "dao"], "Tri Dao"), (["Re"], "Christopher Ré"), (["FLASHATTENTION"], "Tri Dao"),
                                         (["state space models"], "Albert Gu"), (["schmidhuber"], "Jürgen Schmidhuber")])
def test_search_finds_by_name_topic_and_title_without_regard_to_case_and_accents(almagest, words, found):
    status, out, complaint = almagest.run("search", *words, "-c", almagest.root / "capsule", today=None)
    assert (status, complaint) == (0, b"") and found in out.decode()


def test_search_that_finds_nothing_says_so(almagest):
    status, out, complaint = almagest.run("search", "xyzzy", "-c", almagest.root / "capsule", today=None)
    assert (status, complaint) == (0, b"") and b"Nothing was found." in out


@pytest.mark.parametrize("words", ['"', "'; DROP TABLE person; --", "*", "a*b", "NEAR(a b)", "AND", "name:ada", "-", "\\", "(", "%", "a%20b"])
def test_search_takes_any_words_as_words(almagest, words):
    status, out, complaint = almagest.run("search", "-c", HERE / "pages" / "rich", "--", words)
    assert status in (0, 2) and b"syntax" not in complaint and (status == 2) == (out == b"")


# ---- new ----

NAMES = [
    # name, file, as written
    ("Ada Lovelace", "ada-lovelace"),
    ("Émilie du Châtelet", "emilie-du-chatelet"),
    ("Kurt Gödel", "kurt-godel"),
    ("Hans Christian Ørsted", "hans-christian-orsted"),
    ("Łukasiewicz, Jan", "lukasiewicz-jan"),
    ("Karl Weierstraß", "karl-weierstrass"),
    ('William "Student" Gosset', "william-student-gosset"),
    ("Evangelista O'Torricelli", "evangelista-o-torricelli"),
    ("A \\ B", "a-b"),
    ("Back\\nslash \\\" both", "back-nslash-both"),
    ("#hash: colon - dash", "hash-colon-dash"),
    ("  Emmy   Noether ", "emmy-noether"),
    ("Index", "index-person"),
    ("%name {of} [all] & *marks!", "name-of-all-marks"),
]


@pytest.mark.parametrize("name,slug", NAMES, ids=[row[1] for row in NAMES])
def test_new_writes_a_record_that_passes_check_and_shows_the_name(almagest, capsule, name, slug):
    status, out, complaint = almagest.run("new", name, "-c", capsule)
    assert (status, complaint) == (0, b"")
    assert out.decode() == f"{capsule}/people/{slug}.yaml\n"
    assert almagest.check(capsule) == (0, b"", b"")
    status, page, _ = almagest.run("show", f"/people/{slug}.gmi", "-c", capsule)
    assert status == 0 and page.decode().splitlines()[0] == "# " + " ".join(name.split())


def test_new_writes_a_name_in_a_script_without_latin_letters(almagest, capsule):
    status, out, _ = almagest.run("new", "祖冲之", "-c", capsule)
    assert status == 0 and almagest.check(capsule) == (0, b"", b"")
    status, page, _ = almagest.run("show", "/people/" + Path(out.decode().strip()).stem + ".gmi", "-c", capsule)
    assert status == 0 and page.decode().startswith("# 祖冲之\n")


def test_new_composes_what_was_typed_as_letter_and_mark(almagest, capsule):
    assert almagest.run("new", "Kurt Go\u0308del", "-c", capsule)[0] == 0
    assert '\nname: Kurt G\u00f6del\n' in (capsule / "people" / "kurt-godel.yaml").read_text()


def test_every_field_that_new_offers_passes_check_when_its_comment_sign_is_taken_away(almagest, capsule):
    """People and sources that examples name are not there; everything else of them is right."""
    assert almagest.run("new", "Ada Lovelace", "-c", capsule)[0] == 0
    file = capsule / "people" / "ada-lovelace.yaml"
    lines = file.read_text().splitlines()
    keys = [i for i, line in enumerate(lines) if line.startswith("# ") and line.split(":")[0][2:].replace("_", "").isalpha()
            and line[2] != " " and (line.rstrip().endswith(":") or ": " in line) and lines[i - 1].startswith("# ")]
    assert len(keys) > 15
    for i in keys:
        lines[i] = lines[i][2:]
        if i + 1 < len(lines) and lines[i + 1].startswith("#   "):
            lines[i + 1] = lines[i + 1][2:]
    file.write_text("\n".join(line for line in lines if line != "draft: true" and not line.startswith("withdrawn:")) + "\n")
    status, out, _ = almagest.check(capsule)
    left = [line for line in out.decode().splitlines()
            if "names nobody" not in line and "no record says what" not in line and "lies in the future" not in line]
    assert left == []


def test_new_writes_canonical_form_and_names_the_schema(almagest, capsule):
    assert almagest.run("new", "Ada Lovelace", "-c", capsule)[0] == 0
    file = capsule / "people" / "ada-lovelace.yaml"
    assert almagest.run("fmt", "--check", "-c", capsule)[:2] == (0, b"")
    schema = file.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / schema).read_bytes() == almagest.run("schema", "record")[1]


def test_new_names_the_schema_of_the_repository_where_there_is_one(almagest, tmp_path):
    for folder in ("capsule/people", "docs/schema"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs/schema/record.json").write_bytes(almagest.run("schema")[1])
    assert almagest.run("new", "Ada Lovelace", cwd=tmp_path)[0] == 0
    first = (tmp_path / "capsule/people/ada-lovelace.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../docs/schema/record.json"
    assert (tmp_path / "capsule/people" / first.split("=")[1]).exists() and not (tmp_path / "capsule/.schema").exists()


def test_new_refuses_to_overwrite_and_offers_a_slug_that_is_free(almagest, capsule):
    assert almagest.run("new", "Ada Lovelace", "-c", capsule)[0] == 0
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(ONE)
    status, out, complaint = almagest.run("new", "Ada LOVELACE", "-c", capsule)
    assert (status, out) == (1, b"") and b"is there already" in complaint
    assert complaint.endswith(b"add --slug ada-lovelace-2\n") and file.read_text() == ONE and len(list(file.parent.iterdir())) == 1
    assert almagest.run("new", "Ada Lovelace", "--slug", "ada-lovelace-2", "-c", capsule)[0] == 0
    assert almagest.run("new", "Ada Lovelace", "-c", capsule)[2].endswith(b"add --slug ada-lovelace-3\n")
    assert almagest.check(capsule)[0] == 0


def test_new_does_not_take_the_former_address_of_another(almagest, capsule):
    file = capsule / "people" / "ada-king.yaml"
    file.write_text(ONE + "former_slugs: ada-lovelace\n")
    status, out, complaint = almagest.run("new", "Ada Lovelace", "-c", capsule)
    assert (status, out) == (1, b"") and complaint.decode() == (
        f"almagest: {file} has been ada-lovelace, and that address leads there; if this is another person, add --slug ada-lovelace-2\n")
    assert almagest.run("new", "Ada Lovelace", "--slug", "ada-lovelace-2", "-c", capsule)[0] == 0 and almagest.check(capsule)[0] == 0


@pytest.mark.parametrize("slug,such", [("Ada King", "ada-king"), ("index", "index-person"), ("", "e3b0c44298"), ("ada--king", "ada-king")])
def test_new_refuses_what_is_no_slug(almagest, capsule, slug, such):
    status, out, complaint = almagest.run("new", "Ada Lovelace", "--slug", slug, "-c", capsule)
    assert (status, out) == (2, b"") and f"{slug}: not a slug; expected lower-case letters, digits and single '-', such as {such}" in complaint.decode()


def test_a_long_name_is_offered_a_slug_that_fits(almagest, capsule):
    assert almagest.run("new", "x" * 80, "-c", capsule)[0] == 0
    offered = almagest.run("new", "x" * 80, "-c", capsule)[2].split()[-1]
    assert almagest.run("new", "x" * 80, "--slug", offered, "-c", capsule)[0] == 0 and len(offered) <= 80


def test_new_makes_the_folder_of_people(almagest, tmp_path):
    assert almagest.run("new", "Ada Lovelace", "-c", tmp_path)[0] == 0
    assert almagest.check(tmp_path) == (0, b"", b"")


@pytest.mark.parametrize("name,said", [
    ("", "a name has 1 to 120 characters"),
    ("   ", "a name has 1 to 120 characters"),
    ("x" * 121, "a name has 1 to 120 characters"),
    ("Ada\x1b[31m", "the name holds U+001B, a control character"),
    ("Ada\u202eecalevoL", "the name holds U+202E, a control character"),
    (b"Ad\xe9", "the name is not UTF-8"),
])
def test_new_refuses_a_name_that_check_would_refuse(almagest, capsule, name, said):
    assert almagest.run("new", name, "-c", capsule) == (2, b"", f"almagest: {said}\n".encode())
    assert list((capsule / "people").iterdir()) == []


def test_new_takes_a_name_of_120_characters(almagest, capsule):
    assert almagest.run("new", "é" * 120, "-c", capsule)[0] == 0
    assert almagest.check(capsule) == (0, b"", b"")


# ---- check and the files around the records ----

def test_check_takes_settings_from_another_file(almagest, capsule):
    settings = capsule / "elsewhere.yaml"
    settings.write_text("workers: none\n")
    status, out, _ = almagest.run("check", "-c", capsule, "--settings", settings)
    assert status == 1
    assert out.decode() == f'{settings}:1:10: error: workers: "none": expected a whole number from 1 to 256\n0 records: 1 error, 0 warnings\n'


def test_check_tells_of_settings_that_are_not_there(almagest, capsule):
    status, out, _ = almagest.run("check", "-c", capsule, "--settings", capsule / "nowhere.yaml")
    assert status == 1 and out.count(b"\n") == 2 and b"nowhere.yaml:1:1: error: " in out


def test_an_option_by_the_name_it_had_before_is_understood(almagest):
    status, out, complaint = almagest.run("show", "/about.gmi", "--cache", "8")
    assert status == 0 and out
    assert complaint == b'almagest: --cache: warning: the setting is "cache_mib" now, and understood; write the new name\n'
    assert almagest.run("show", "/about.gmi", "--cache", "none")[0] == 2

"""almagest import: a record from what other catalogues know. import/ holds files in the published formats, made by hand, and
what is made of them; a bad file gives an error with its place, and no record."""

import random
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent / "import"
FORMS = {
    "bibtex": ["lovelace.bib"],
    "csl-json": ["lovelace.csl.json"],
    "orcid": ["lovelace.orcid.json"],
    "openalex": ["lovelace.author.json", "lovelace.works.json"],
}
ADA = "name: Ada Lovelace # she\ntagline: Wrote the first program\n"


@pytest.fixture
def capsule(tmp_path):
    capsule = tmp_path / "capsule"
    (capsule / "people").mkdir(parents=True)
    (capsule / "sources").mkdir()
    (capsule / "sources" / "flashattention.yaml").write_text("title: FlashAttention\narxiv: 2205.14135\n")
    (capsule / "sources" / "mamba.yaml").write_text("title: Mamba\narxiv: 2312.00752\n")
    return capsule


def files(form):
    return [HERE / name for name in FORMS[form]]


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ---- what is made ----

@pytest.mark.parametrize("form", FORMS)
def test_a_record_is_printed_with_what_is_known_and_the_rest_to_fill_in(almagest, capsule, form):
    before = tree(capsule)
    status, out, complaint = almagest.run("import", form, *files(form), "-c", capsule)
    assert (status, complaint) == (0, b"") and tree(capsule) == before
    almagest.compare(out, HERE / f"expected.{form}.yaml")
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_bytes(out)
    assert almagest.check(capsule) == (0, b"", b"")
    assert almagest.run("fmt", "--check", "-c", capsule, file)[:2] == (0, b"")
    assert almagest.run("show", "ada-lovelace", "-c", capsule)[1].startswith(b"# Ada Lovelace\n")


@pytest.mark.parametrize("form", FORMS)
def test_every_field_that_is_not_known_is_a_comment(almagest, capsule, form):
    out = almagest.run("import", form, *files(form), "-c", capsule)[1].decode().splitlines()
    schema = almagest.run("schema")[1]
    import json
    for key in json.loads(schema)["properties"]:
        assert sum(line.startswith((f"{key}:", f"# {key}:")) for line in out) == 1, key


def test_standard_input_is_a_file_too(almagest, capsule):
    data = (HERE / "lovelace.bib").read_bytes()
    done = subprocess.run([almagest.path, "import", "bibtex", "-", "-c", capsule], input=data, capture_output=True)
    assert done.stdout == almagest.run("import", "bibtex", HERE / "lovelace.bib", "-c", capsule)[1] and done.returncode == 0


def test_write_makes_a_new_record_and_never_writes_over_one(almagest, capsule):
    status, out, complaint = almagest.run("import", "orcid", *files("orcid"), "--write", "-c", capsule)
    file = capsule / "people" / "ada-lovelace.yaml"
    assert (status, out.decode(), complaint) == (0, f"{file}\n", b"")
    assert file.read_text().startswith("# yaml-language-server: $schema=../.schema/record.json\n")
    assert (capsule / ".schema" / "record.json").read_bytes() == almagest.run("schema")[1]
    assert almagest.check(capsule) == (0, b"", b"")
    before = tree(capsule)
    status, out, complaint = almagest.run("import", "csl-json", *files("csl-json"), "--name", "Ada LOVELACE", "--write", "-c", capsule)
    assert (status, out) == (1, b"") and b"is there already" in complaint and tree(capsule) == before


def test_the_person_is_whom_name_says_else_the_author_of_most(almagest, capsule):
    assert b"\nname: Ada Lovelace\n" in almagest.run("import", "bibtex", *files("bibtex"), "-c", capsule)[1]
    assert b"\nname: Tri Dao\n" in almagest.run("import", "bibtex", *files("bibtex"), "--name", "Tri Dao", "-c", capsule)[1]


def test_a_bibliography_without_authors_asks_for_a_name(almagest, capsule, tmp_path):
    file = tmp_path / "x.bib"
    file.write_text("@misc{x, title = {X}}\n")
    status, out, complaint = almagest.run("import", "bibtex", file, "-c", capsule)
    assert (status, out) == (1, b"") and b"--name" in complaint
    assert almagest.run("import", "bibtex", file, "--name", "Ada", "-c", capsule)[0] == 0


def test_more_sources_than_a_record_may_have_are_counted(almagest, capsule, tmp_path):
    file = tmp_path / "x.bib"
    file.write_text("".join(f"@misc{{k{i}, title = {{Work {i}}}, author = {{Ada Lovelace}}}}\n" for i in range(55)))
    status, out, _ = almagest.run("import", "bibtex", file, "-c", capsule)
    assert status == 0 and out.count(b"  - title: ") == 40 and b"# 15 more were left out: at most 40 can be named" in out


TEX = [
    (r"{\'E}mile {\`a} \^{o} {\"u} {\~n} {\=a} {\.z}", "Émile à ô ü ñ ā ż"),
    (r"{\c c} {\v{s}} {\u g} {\H o} {\k{a}} {\r a} {\d{h}}", "ç š ğ ő ą å ḥ"),
    (r"{\'\i} \'{\i} \v{\j}", "í í ǰ"),
    (r"{\ss} {\o} {\O} {\l} {\L} {\aa} {\AA} {\ae} {\oe} {\i}", "ß ø Ø ł Ł å Å æ œ ı"),
    (r"A \& B \% \$ \# \_ \{x\}", "A & B % $ # _ {x}"),
    ("1--2---3 ``quoted'' it's", "1–2—3 “quoted” it's"),
    (r"\emph{Very} \textbf{bold {\LaTeX}} x", "Very bold LaTeX x"),
    (r"$\alpha$-stable and $O(n^{2} \log n)$", "α-stable and O(n^2 log n)"),
    (r"A~B \, C\\D", "A B C D"),
    ("{N}e{U}r{IPS} {{Double}}", "NeUrIPS Double"),
    ("Gödel, 何恺明, Ελληνικά", "Gödel, 何恺明, Ελληνικά"),
    (r"{\relax}{\unknown{kept}} end", "kept end"),
    (r"trailing \\", "trailing"),
    (r"Nguy{\~{\^e}}n V{\u{a}}n, L{\'{\v{a}}}", "Nguyễn Văn, Lǎ\u0301"),
    (r"See \href{https://example.org/}{the notes} and \url{example.org}", "See the notes and example.org"),
]


@pytest.mark.parametrize("tex,plain", TEX)
def test_tex_becomes_the_letters_it_stands_for(almagest, capsule, tmp_path, tex, plain):
    file = tmp_path / "x.bib"
    file.write_text("@misc{x, author = {Ada Lovelace}, title = {%s}}\n" % tex)
    status, out, complaint = almagest.run("import", "bibtex", file, "-c", capsule)
    import yaml
    assert (status, complaint) == (0, b"") and yaml.safe_load(out)["start_here"][0]["title"] == plain


AUTHORS = [
    ("Lovelace, Ada", "Ada Lovelace"), ("Ada Lovelace", "Ada Lovelace"), ("de la Fontaine, Jean", "Jean de la Fontaine"),
    ("Ludwig van Beethoven", "Ludwig van Beethoven"), ("King, Jr, Martin Luther", "Martin Luther King Jr"),
    ("{Barnes and Noble}", "Barnes and Noble"), ("{\\O}rsted, Hans Christian", "Hans Christian Ørsted"), ("G{\\\"o}del, K.", "K. Gödel"),
    ("Plato", "Plato"), ("von Neumann, Jr., John", "John von Neumann Jr."), ("{{The {ATLAS} Collaboration}}", "The ATLAS Collaboration"),
    ("Charles Louis Xavier Joseph de la Vall{\\'e}e Poussin", "Charles Louis Xavier Joseph de la Vallée Poussin"),
    ("李, 明", "李明"), ("김, 철수", "김철수"), ("李, Ming", "Ming 李"),
    ("{\\c S}im{\\c{s}}ek, {\\.I}pek", "İpek Şimşek"),
]


@pytest.mark.parametrize("written,printed", AUTHORS)
def test_authors_stand_as_they_are_printed(almagest, capsule, tmp_path, written, printed):
    file = tmp_path / "x.bib"
    file.write_text("@misc{x, author = {%s and others}, title = {T}}\n" % written)
    import yaml
    source = yaml.safe_load(almagest.run("import", "bibtex", file, "-c", capsule)[1])["start_here"][0]
    assert source["authors"] == [printed] and source["et_al"] is True


def bibtex(almagest, capsule, tmp_path, text):
    import yaml
    file = tmp_path / "x.bib"
    file.write_text(text)
    status, out, complaint = almagest.run("import", "bibtex", file, "-c", capsule)
    assert (status, complaint) == (0, b"")
    return yaml.load(out, yaml.BaseLoader)["start_here"]


def test_an_entry_takes_from_its_volume_what_it_does_not_say(almagest, capsule, tmp_path):
    volume = "@proceedings{v, title={The Volume}, year=1843, editor={Ed Itor}, publisher={Taylor}, url={https://example.org/v}}\n"
    entry = "@inproceedings{e, title={E}, author={Ada Lovelace}, crossref={v}}\n"
    own = "@inproceedings{o, title={O}, author={Ada Lovelace}, crossref={v}, year=1850, booktitle={Another}}\n"
    e = {"title": "E", "kind": "paper", "year": "1843", "authors": ["Ada Lovelace"], "venue": "The Volume"}
    assert bibtex(almagest, capsule, tmp_path, entry + own + volume) == [e, {**e, "title": "O", "year": "1850", "venue": "Another"}]
    book = "@book{v, title={A Book}, year=1843, author={Ada Lovelace}}\n@inbook{c, title={Chapter}, crossref={v}}\n"
    assert [(s["title"], s["kind"], s["authors"]) for s in bibtex(almagest, capsule, tmp_path, book)] == [
        ("A Book", "book", ["Ada Lovelace"]), ("Chapter", "paper", ["Ada Lovelace"])]


@pytest.mark.parametrize("reference", ["e", "nowhere", "", "{}"])
def test_a_reference_to_itself_or_to_nothing_lends_nothing(almagest, capsule, tmp_path, reference):
    entry = f"@misc{{e, title={{E}}, author={{Ada Lovelace}}, crossref={{{reference}}}}}\n"
    assert [s["title"] for s in bibtex(almagest, capsule, tmp_path, entry)] == ["E"]


def test_words_that_stand_for_others_are_put_in(almagest, capsule, tmp_path):
    text = ('@string{who = "Ada " # {Lovelace}}\n@STRING(j = {Journal})\n@preamble{"x"}\n@comment{ {y} }\n'
            '@article{a, title = "The {"}quoted{"} one", author = who, journal = j # " of " # {Notes}, month = Jan, year = 1843}\n'
            "@misc(b, author = who, title = {In round brackets})\n")
    assert [(s["title"], s["authors"], s.get("venue")) for s in bibtex(almagest, capsule, tmp_path, text)] == [
        ('The "quoted" one', ["Ada Lovelace"], "Journal of Notes"), ("In round brackets", ["Ada Lovelace"], None)]


@pytest.mark.parametrize("author,printed", [
    ({"family": "李", "given": "明"}, "李明"), ({"family": "Lovelace", "given": "Ada"}, "Ada Lovelace"), ({"family": "Plato"}, "Plato"),
    ({"family": "Neumann", "given": "John", "non-dropping-particle": "von", "suffix": "Jr."}, "John von Neumann Jr."),
    ({"literal": "The ATLAS Collaboration"}, "The ATLAS Collaboration"),
])
def test_authors_of_csl_stand_as_they_are_printed(almagest, capsule, tmp_path, author, printed):
    import json, yaml
    file = tmp_path / "x.json"
    file.write_text(json.dumps([{"type": "book", "title": "T", "author": [author]}]))
    out = almagest.run("import", "csl-json", file, "-c", capsule)[1]
    assert yaml.safe_load(out)["start_here"][0]["authors"] == [printed]


# ---- merging ----

@pytest.mark.parametrize("form", FORMS)
def test_merge_shows_what_would_be_added_and_adds_it_when_told(almagest, capsule, form):
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(ADA + "start_here:\n  - id: mamba # first\n    why: It began here\n    # still about mamba\n# links\nlinks:\n  github: ada\n")
    before = file.read_text()
    status, diff, complaint = almagest.run("import", form, *files(form), "--merge", "ada-lovelace", "-c", capsule)
    assert status == 0 and file.read_text() == before and b"--write adds" in complaint
    assert diff.startswith(f"--- {file}\n+++ {file}\n@@ ".encode()) and b"\n-" not in diff.split(b"@@")[2]
    assert almagest.run("import", form, *files(form), "--merge", "ada-lovelace", "--write", "-c", capsule)[0] == 0
    after = file.read_text()
    assert after.startswith(ADA + "start_here:\n  - id: mamba # first\n    why: It began here\n    # still about mamba\n  - ")
    assert after.endswith("# links\nlinks:\n  github: ada\n") and after.count("mamba") == 2 and "2312.00752" not in after
    assert almagest.check(capsule) == (0, b"", b"")
    status, diff, complaint = almagest.run("import", form, *files(form), "--merge", "ada-lovelace", "--write", "-c", capsule)
    assert (status, diff) == (0, b"") and b"has them all already" in complaint and file.read_text() == after


START = [
    "", "start_here:\n", "start_here: []\n", "start_here: arxiv:2205.14135\n", "start_here: [mamba, 'arxiv:2205.14135']\n",
    "start_here:\n- mamba\n", "start_here: {title: Own, year: 1843}\nlinks: {github: ada}", "links:\n  github: ada\n", "x-own: 1\n",
    "start_here:\n  - title: >-\n      Folded\n      title\n\n    why: |\n      Last\n\n\n# end\n",
]


@pytest.mark.parametrize("start", START)
def test_merge_finds_its_place_in_any_record(almagest, capsule, start):
    import yaml
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(ADA + start)
    assert almagest.check(capsule)[0] == 0
    had = yaml.safe_load(file.read_text()).get("start_here") or []
    status, _, complaint = almagest.run("import", "bibtex", *files("bibtex"), "--merge", file, "--write", "-c", capsule)
    assert status == 0, complaint.decode()
    now = yaml.safe_load(file.read_text())["start_here"]
    had = had if isinstance(had, list) else [had]
    known = sum(str(item).count(word) for item in had for word in ("mamba", "2205.14135"))
    assert len(now) == len(had) + 5 - known and almagest.check(capsule)[0] == 0
    assert "# she" in file.read_text() and file.read_text().count("# end") == start.count("# end")


@pytest.mark.parametrize("text,said", [("name: A\n", "tagline: missing"), (ADA + "nmae: x\n", "unknown key")])
def test_merge_into_a_record_with_mistakes_changes_nothing(almagest, capsule, text, said):
    file = capsule / "people" / "ada-lovelace.yaml"
    file.write_text(text)
    status, out, complaint = almagest.run("import", "bibtex", *files("bibtex"), "--merge", "ada-lovelace", "--write", "-c", capsule)
    assert (status, out) == (1, b"") and said.encode() in complaint and file.read_text() == text


# ---- what is wrong ----

def refused(almagest, capsule, form, file, *words, place=None):
    before = tree(capsule)
    status, out, complaint = almagest.run("import", form, file, "-c", capsule, *words)
    assert (status, out) == (1, b""), (out, complaint)
    first = complaint.decode().splitlines()[0]
    assert first.startswith(f"{file}:") and ": error: " in first
    assert tree(capsule) == before
    if place:
        assert first.startswith(f"{file}:{place}: error: "), first
    return first


@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_file_gives_an_error_and_no_record(almagest, capsule, tmp_path, form):
    data = files(form)[0].read_bytes().rstrip()
    file = tmp_path / "cut"
    end = data.rindex(b"@misc{nothing") if form == "bibtex" else len(data)
    for cut in range(0, end, 37):
        whole = form == "bibtex" and data[:cut].count(b"@article") and data[:cut].rstrip().endswith((b"}", b"}\n")) and cut > 0
        file.write_bytes(data[:cut])
        status, out, complaint = almagest.run("import", form, file, "--write", "-c", capsule)
        if status == 0:  # cut between two entries: a shorter bibliography
            assert form == "bibtex" and data[:cut].count(b"{") == data[:cut].count(b"}")
            (capsule / "people" / Path(out.decode().strip()).name).unlink()
        else:
            assert out == b"" and complaint.decode().startswith(f"{file}:") and ": error: " in complaint.decode() or b"--name" in complaint
        assert list((capsule / "people").iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
def test_another_encoding_is_told_of_with_its_place(almagest, capsule, tmp_path, form):
    file = tmp_path / "latin"
    file.write_bytes(b'[{"title":\n "Caf\xe9"}]' if form != "bibtex" else b"@misc{x,\ntitle = {Caf\xe9}}\n")
    assert "byte 0xE9 is not UTF-8" in refused(almagest, capsule, form, file, place="2:6" if form != "bibtex" else "2:13")
    file.write_bytes(files(form)[0].read_text().encode("utf-16"))
    refused(almagest, capsule, form, file, place="1:1")


@pytest.mark.parametrize("form", FORMS)
def test_a_huge_file_is_told_of(almagest, capsule, tmp_path, form):
    file = tmp_path / "huge"
    with file.open("wb") as out:
        out.truncate(33 << 20)
    assert "33554432" in refused(almagest, capsule, form, file, place="1:1")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("data", [b"", b"\0\0\0\0", b"hello", b"null", b"[]", b"{}", b"[" * 100000, b'{"a":' * 100000, b"@" * 50000,
                                  b"@article{" * 5000, b"@misc{x, title = {" + b"{" * 50000, b'@misc{x, title = "}', b"@string{a = a # a}",
                                  b"@article(", b"@misc{x, title = {\xf0\x9f\x98\x80}, author = and and and}", b"1e999999",
                                  b'[{"title": {"title": []}}, 7, null, "x", [[[]]]]', b'{"orcid-identifier": {"path": 5}, "person": []}',
                                  b'{"results": [[], {"authorships": 5}], "author": []}'], ids=lambda d: repr(d[:24]))
def test_hostile_files_are_refused_or_read_but_never_crash(almagest, capsule, tmp_path, form, data):
    file = tmp_path / "hostile"
    file.write_bytes(data)
    status, out, complaint = almagest.run("import", form, file, "-c", capsule)
    assert status == 1 and out == b"" and (b": error: " in complaint or b"--name" in complaint), (status, out, complaint)


@pytest.mark.parametrize("form", FORMS)
def test_mangled_files_never_crash_and_what_is_printed_is_a_record(almagest, capsule, tmp_path, form):
    pieces = [b"{", b"}", b'"', b"@", b"#", b",", b"\\", b"=", b"(", b")", b"and", b"[", b"]", b":", b"\n", b"null", b"\xc3\xa9", b"%", b"$", b"~"]
    file = tmp_path / "mangled"
    chance = random.Random(form)
    data = files(form)[0].read_bytes()
    for i in range(120):
        mangled = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(mangled))
            mangled[at:at + chance.randrange(4)] = chance.choice(pieces)
        file.write_bytes(mangled)
        status, out, complaint = almagest.run("import", form, file, "-c", capsule)
        assert status in (0, 1) and (status == 0) == (complaint == b"") and (status == 0) == (out != b""), complaint
        if status == 0:
            (capsule / "people" / f"x{i}.yaml").write_bytes(out)
    assert b": error: " not in almagest.check(capsule)[1], almagest.check(capsule)[1].decode()
    assert len(list((capsule / "people").iterdir())) > 10


@pytest.mark.parametrize("form,data,place,said", [
    ("csl-json", b'[\n  {"title": "x",}\n]', "2:17", "not JSON"),
    ("orcid", b'{\n "person": {', "2:12", "not JSON"),
    ("orcid", b'{"person": {}}', "1:1", "no ORCID record here"),
    ("openalex", b'{"meta": {}}', "1:1", "no author and no works of OpenAlex here"),
    ("csl-json", b'{"a": 1}', "1:1", "no references here"),
    ("csl-json", b'[1, "x", null]', "1:1", "no references here"),
    ("bibtex", b"@misc{a, title={A}}\n\n@misc{b, title={B}\n\n", "3:1", "has no end"),
    ("bibtex", b"@misc{a, title={A}}\n@misc{b,\n  title == {B}}\n", "3:1", "syntax error"),
    ("bibtex", b'@misc{a, title="A}}"}\n@misc{b, title={B}}\n', "1:1", "error: unbalanced braces: too many }'s"),
    ("bibtex", b"no entries at all\n", "1:1", "no entries here"),
])
def test_a_mistake_is_told_with_its_place(almagest, capsule, tmp_path, form, data, place, said):
    file = tmp_path / "file"
    file.write_bytes(data)
    assert said in refused(almagest, capsule, form, file, place=place)


@pytest.mark.parametrize("words,status,said", [
    (["import"], 2, "usage: almagest import FORM FILE"),
    (["import", "bibtex"], 2, "usage: almagest import FORM FILE"),
    (["import", "bibtext", "x"], 2, "bibtext: unknown form; did you mean bibtex?"),
    (["import", "ris", "x"], 2, "one of bibtex, csl-json, orcid, openalex"),
    (["import", "orcid", "a", "b"], 2, "import orcid takes one file"),
    (["import", "bibtex", "nowhere.bib"], 1, "nowhere.bib:1:1: error: cannot be read: No such file or directory"),
])
def test_wrong_usage_says_what_was_expected(almagest, tmp_path, words, status, said):
    got, out, complaint = almagest.run(*words, cwd=tmp_path)
    assert (got, out) == (status, b"") and said in complaint.decode()


def test_merge_with_somebody_unknown_names_the_nearest(almagest, capsule):
    (capsule / "people" / "ada-lovelace.yaml").write_text(ADA)
    status, out, complaint = almagest.run("import", "bibtex", *files("bibtex"), "--merge", "ada-lovelac", "-c", capsule)
    assert (status, out) == (2, b"") and b"did you mean ada-lovelace?" in complaint

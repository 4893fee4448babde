"""Pages in every language that is built in: a capsule whose own texts are Greek, so that any other word on its pages is one of
the program's."""

import json
import re
import zipfile

import pytest

LANGUAGES = ["en", "de", "fr", "es", "zh", "ja"]
OWN = "own"  # no language: every phrase by the settings
PHRASE = re.compile(r'"((?:[^"\\]|\\.)*)"')


def table(root, language):
    """The phrases of a language by name, as its file holds them; of OWN, those that settings put in place of the English ones."""
    if language == OWN:
        return {name: " ".join([f"Ж{i}ж", *re.findall(r"\{\d\}", phrase)]) for i, (name, phrase) in enumerate(table(root, "en").items())}
    if language == "en":
        rows = re.findall(r"\tX\(([A-Z_]+), *(.*)\) \\", (root / "src/catalog/words.h").read_text())
    else:
        rows = re.findall(r"\[WORD_([A-Z_]+)\] = (.*),", (root / f"src/catalog/words_{language}.c").read_text())
    return {name: PHRASE.match(text)[1].replace('\\"', '"') for name, text in rows}


def record(**fields):
    return "".join(f"{key}: {value}\n" for key, value in fields.items())


def settings_of(root, language, **fields):
    if language != OWN:
        return record(language=language, **fields)
    own = table(root, OWN)
    return record(language="und", **fields) + "headings:\n" + "".join(
        f"  {json.dumps(phrase)}: {own[name]}\n" for phrase, name in {phrase: name for name, phrase in table(root, "en").items()}.items())


def greek(root, folder, language, people=5):
    for name in ["people", "topics", "organizations", "sources", "pages"]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "capsule.yaml").write_text(settings_of(root, language, contact="mailto:a@example.org", licence="Α"))
    works = "".join(f"  - {{title: Βιβλίο {i}, id: b{i}, year: 19{i}0, why: Ναι, authors: [Πρόσωπο 0, Πρόσωπο 1, Άλλος], et_al: true}}\n"
                    for i in range(1, 6))
    for i in range(people):
        (folder / f"people/p{i}.yaml").write_text(
            f"name: Πρόσωπο {i}\ntagline: Γραμμή\ntopics: [θ1, θ2, θ3, θ4, θ5]\norganizations: [Σχολή]\nknown_for: [Ένα]\n"
            f"start_here:\n{works if i < 3 else '  - {title: Μόνο, kind: book, url: https://example.org/x}'}\n"
            + ("reviewed: 2026-05-01\nreviewed_by: Ε\nnative_name: Όνομα\npronunciation: πι\npronouns: αυτή\n"
               "aliases: [Ψευδώνυμο]\nlinks: {homepage: https://example.org/}\n" if i == 0 else "")
            + (f"related: [p0]\nupdated: 2026-05-02\n" if i == 4 else ""))
    (folder / "people/p9.yaml").write_text("name: Μόνος Κανείς\ntagline: Μακριά\nformer_slugs: [p8]\n")
    for i, (what, own) in enumerate([("topics", "μ1, μ2"), ("topics", "μ1"), ("topics", "μ2"), ("organizations", "Α"), ("organizations", "Α, Β"),
                                     ("organizations", "Α, Β")]):
        (folder / f"people/q{i}.yaml").write_text(f"name: Ρω {i}\ntagline: Γραμμή\n{what}: [{own}]\n")
    for i in (1, 2, 3):
        (folder / f"people/r{i}.yaml").write_text(
            f"name: Σίγμα {i}\ntagline: Γραμμή\n"
            + ("start_here: [{title: Μαζί, id: mm, authors: [Σίγμα 2, Σίγμα 3]}]\n" if i == 1 else ""))
    (folder / "topics/t1.yaml").write_text("name: θ1\nbroader: θ0\naliases: [ή]\nsummary: Κάτι.\n")
    (folder / "topics/t9.yaml").write_text("name: θ9\n")
    (folder / "organizations/o1.yaml").write_text("name: Σχολή\nurl: https://example.org/\n")
    for kind in ["paper", "project", "repository", "book", "course", "talk", "dataset", "page"]:
        (folder / f"sources/k-{kind}.yaml").write_text(
            f"title: Είδος\nname: Λ\nkind: {kind}\nurl: https://example.org/{kind}\narxiv: '1706.0{1000 + sum(kind.encode())}'\nsummary: Α.\n")


# Asked of the small directory: what is in no export, and what finger and Gopher say of what is not there.
ASKED = [("/search.gmi", "gemini"), ("/search.gmi?Πρόσωπο", "gemini"), ("/search.gmi?θ1", "gopher"),
         ("/search.gmi?Πρόσωπα", "text"), ("/search.gmi?ωψωψωψωψ", "text"), ("/connect.gmi", "gemini"),
         ("/connect.gmi?p0, p1", "text"), ("/connect.gmi?p0, p4", "text"), ("/connect.gmi?p0, p9", "text"),
         ("/connect.gmi?p0, p0", "text"), ("/connect.gmi?r2, r3", "text"), ("/connect.gmi?Πρόσωπο, p0", "text"),
         ("/connect.gmi?ωωωω, p0", "text"), ("/nothing", "gopher"), ("/people/ωω", "finger"), ("/people/p0", "finger"),
         ("/people/Πρόσωπο", "finger"), ("/", "finger"), ("/mirror/", "gemini"), ("/URL:https://example.org/", "gopher")]
# Asked of the large one: what its size changes.
ASKED_OF_MANY = [("/search.gmi?Π", "gemini"), ("/search.gmi?ωψωψωψωψ", "gemini"), ("/search.gmi?θ", "text"),
                 ("/connect.gmi?Π, Π1", "gemini"), ("/people/Π", "finger"), ("/", "finger"), ("/mirror/", "gemini")]


def all_texts(almagest, folder, copies, asked):
    """What is on all pages in all forms, and what is answered to those that ask."""
    texts = []
    for name, words in [("copy", []), ("text", ["--only", "text"])]:
        status, _, complaint = almagest.run("export", copies / name, "-c", folder, *words)
        assert status == 0, complaint
        texts += [file.read_text() for file in (copies / name).rglob("*")
                  if file.is_file() and not file.name.startswith(".") and file.suffix in (".gmi", ".txt", ".xml", "") and "manifest" not in str(file)
                  and file.name not in ("robots.txt", "favicon.txt", "caps.txt")]
    assert almagest.run("export", "--gempub", copies / "book", "-c", folder)[0] == 0
    texts.append(zipfile.ZipFile(copies / "book").read("contents.gmi").decode())
    for path, form in asked:
        texts.append(almagest.run("show", path, "-c", folder, "--as", form)[1].decode())
    return texts


@pytest.fixture(scope="module")
def rendered(almagest, tmp_path_factory):
    """Every text of a language, made once."""
    made = {}

    def texts(language):
        if language not in made:
            made[language] = render(almagest, tmp_path_factory.mktemp(language), language)
        return made[language]

    return texts


def render(almagest, tmp_path, language):
    small, empty, single, large = (tmp_path / name for name in ("small", "empty", "single", "large"))
    greek(almagest.root, small, language)
    greek(almagest.root, large, language, 0)
    for i in range(450):
        (large / f"people/x{i}.yaml").write_text(f"name: {chr(97 + i % 2)} Π{i}\ntagline: Γ\ntopics: [θ, ξ{i // 2}]\n")
    empty.mkdir()
    (empty / "capsule.yaml").write_text(settings_of(almagest.root, language))
    (single / "people").mkdir(parents=True)
    (single / "capsule.yaml").write_text(settings_of(almagest.root, language))
    (single / "people/p.yaml").write_text("name: Π\ntagline: Γ\ntopics: θ\norganizations: Α\nstart_here: {title: Βιβλίο}\n")
    text = "\n".join(all_texts(almagest, small, tmp_path / "small-copy", ASKED)
                     + all_texts(almagest, large, tmp_path / "large-copy", ASKED_OF_MANY)
                     + [almagest.run("show", path, "-c", empty)[1].decode() for path in ["/", "/changes.gmi", "/topics/"]]
                     + [almagest.run("show", "/", "-c", single)[1].decode()])
    # the record that an empty directory shows is one for editors to copy
    return re.sub(r"(?s)name: Ada Lovelace.*?year: 1843", " ", text)


def unfolded(text):
    """One line, whatever a form wraps at."""
    return re.sub(r"\s+", " ", re.sub(r"\tnull\.host\t1|^i", "", text, flags=re.M))


def pieces(phrase):
    return [piece.strip(" :().\"") for piece in re.split(r"\{\d\}", phrase)]


# Phrases that need what a small capsule has not: a search that takes too long, damage, bundles too large, a page that is asked
# for in vain over Gemini. Tests of their own show them.
ELSEWHERE = {"SEARCH_CUT", "CONNECT_CUT", "UNREADABLE", "OFFLINE_PARTED", "NOTHING_HERE", "BYTES", "ONE_FILE", "OFFLINE_STATE",
             "NOBODY", "OFFLINE_MAKING"}


def test_each_language_has_each_phrase_with_the_same_places(almagest):
    english = table(almagest.root, "en")
    assert len(english) > 120
    for language in LANGUAGES[1:]:
        words = table(almagest.root, language)
        assert words.keys() == english.keys()
        for name, phrase in words.items():
            assert phrase.strip() and sorted(re.findall(r"\{\d\}", phrase)) == sorted(re.findall(r"\{\d\}", english[name])), (language, name)


@pytest.mark.parametrize("language", [*LANGUAGES, OWN])
def test_every_phrase_is_on_some_page_and_no_english_one_is_left(almagest, rendered, language):
    english, own = table(almagest.root, "en"), table(almagest.root, language)
    text = unfolded(rendered(language))
    missing = {name for name, phrase in own.items() if name not in ELSEWHERE
               for piece in pieces(phrase) if piece and unfolded(piece) not in text}
    assert not missing, {name: own[name] for name in missing}
    if language == "en":
        return
    mine = " ".join(own.values()).lower()
    left = {piece for phrase in english.values() for piece in pieces(phrase)
            if len(piece) >= 4 and piece.lower() not in mine and re.search(rf"(?<![\w/.-]){re.escape(piece)}(?![\w/.-])", text)}
    assert not left


@pytest.mark.parametrize("language", ["zh", "ja", OWN])
def test_no_latin_word_is_left_beside_names_and_addresses(rendered, language):
    text = re.sub(r"<[^>]*>", " ", rendered(language))
    text = re.sub(r"\S*[/@.]\S*", " ", text)
    known = {"Gemini", "Gopher", "Gempub", "Atom", "YAML", "BibTeX", "SHA", "almagest", "mirror", "localhost", "FOLDER", "finger", "new",
             "arXiv", "DOI", "MiB", "KiB", "URL", "html", "head", "title", "body", "meta", "charset", "utf", "DOCTYPE", "TLS"}
    words = {word for line in text.splitlines() for word in re.findall(r"(?<![\w-])[A-Za-z]{3,}(?![\w-])", line.split("\t")[0][line.count("\t") > 0:])}
    assert not words - known, words - known


@pytest.mark.parametrize("tag, phrase", [("de-CH", "Noch nicht geprüft"), ("FR", "Pas encore relu"), ("zh-Hans-CN", "尚未审阅"),
                                         ("pt", "Not yet reviewed"), ("english", None)])
def test_a_region_takes_its_language_and_an_unknown_one_english(almagest, tmp_path, tag, phrase):
    greek(almagest.root, tmp_path / "capsule", tag)
    out = almagest.run("show", "/people/p1.gmi", "-c", tmp_path / "capsule")[1].decode()
    assert phrase is None or phrase in out


@pytest.mark.parametrize("language, none", [("fr", "0 personne\n"), ("de", "0 Personen\n"), ("en", "0 people\n"), ("zh", "0 人\n")])
def test_nobody_is_counted_as_the_language_has_it(almagest, tmp_path, language, none):
    greek(almagest.root, tmp_path, language)
    assert f"## {none}" in almagest.run("show", "/topics/t9.gmi", "-c", tmp_path)[1].decode()


def test_a_capsule_says_any_phrase_otherwise_but_keeps_its_places(almagest, tmp_path):
    greek(almagest.root, tmp_path, "de")
    settings = tmp_path / "capsule.yaml"
    settings.write_text('language: de\nheadings:\n  Known For: Ruhm\n  "Updated {1}": "Stand: {1}"\n')
    out = almagest.run("show", "/people/p4.gmi", "-c", tmp_path)[1].decode()
    assert "## Ruhm\n" in out and out.endswith("Stand: 2026-05-02\n") and "## Themen" in out
    settings.write_text('headings:\n  "Updated {1}": Neu\n  "{1} people": "{2} Leute"\n')
    assert almagest.check(tmp_path)[1].decode().splitlines()[0].startswith(
        'capsule.yaml:2:18: error: headings: "Neu" needs the same places')

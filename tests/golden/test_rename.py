"""almagest rename: the file moves, its old address leads to the new one, others name it by its new slug, and nothing else
of any file changes."""

import pytest

ADA = "name: Ada Lovelace\ntagline: Wrote the first program\n"


@pytest.fixture
def capsule(tmp_path):
    (tmp_path / "people").mkdir()
    write(tmp_path, "ada-lovelace", ADA)
    write(tmp_path, "alan-turing", "name: Alan Turing\ntagline: Asked what can be computed\n")
    return tmp_path


def write(capsule, slug, text):
    file = capsule / "people" / f"{slug}.yaml"
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(text)
    return file


def texts(capsule):
    return {str(p.relative_to(capsule)): p.read_text() for p in sorted(capsule.rglob("*.yaml"))}


def test_the_file_moves_and_its_old_address_leads_on(almagest, capsule):
    status, out, complaint = almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)
    assert (status, complaint) == (0, b"")
    assert out.decode() == f"{capsule}/people/ada-lovelace.yaml -> {capsule}/people/ada-king.yaml\n"
    assert texts(capsule)["people/ada-king.yaml"] == ADA + "former_slugs:\n  - ada-lovelace\n"
    assert "people/ada-lovelace.yaml" not in texts(capsule) and almagest.check(capsule) == (0, b"", b"")
    assert almagest.run("show", "/people/ada-lovelace.gmi", "-c", capsule)[1].startswith(b"# Ada Lovelace\n")


FORMS = [
    # what stands in the record, what stands there afterwards
    ("former_slugs: ada\n", "former_slugs: [ada, ada-lovelace]\n"),
    ("former_slugs:\n  - ada # first\n  - lady-ada\n# end\n", "former_slugs:\n  - ada # first\n  - lady-ada\n  - ada-lovelace\n# end\n"),
    ("former_slugs:\n- ada", "former_slugs:\n- ada\n- ada-lovelace\n"),
    ("former_slugs: [ada, 'lady-ada']\n", "former_slugs: [ada, lady-ada, ada-lovelace]\n"),
    ("former_slugs: # none yet\n", "former_slugs: [ada-lovelace] # none yet\n"),
    ("former_slugs:\n  - ada-king # by marriage\n", "former_slugs:\n  - ada-lovelace # by marriage\n"),
    ("former_slugs: ada-king\n", "former_slugs: [ada-lovelace]\n"),
    ("# own\nx-a: b\nlinks:\n  github: ada\n", "# own\nx-a: b\nformer_slugs:\n  - ada-lovelace\nlinks:\n  github: ada\n"),
]


@pytest.mark.parametrize("before,after", FORMS)
def test_the_list_of_former_slugs_is_added_to_as_it_is_written(almagest, capsule, before, after):
    write(capsule, "ada-lovelace", ADA + before)
    status, _, complaint = almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)
    assert (status, complaint) == (0, b"")
    assert texts(capsule)["people/ada-king.yaml"] == ADA + after
    assert almagest.check(capsule) == (0, b"", b"")


def test_a_record_in_braces_can_be_renamed(almagest, capsule):
    write(capsule, "ada-lovelace", "{name: Ada, tagline: x}\n")
    assert almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)[0] == 0
    assert texts(capsule)["people/ada-king.yaml"] == "{name: Ada, tagline: x, former_slugs: [ada-lovelace]}\n"


def test_others_name_it_by_its_new_slug_and_nothing_else_of_them_changes(almagest, capsule):
    about = ("name: Grace Hopper # ada-lovelace\ntagline: Likes ada-lovelace\nrelated:\n  - 'ada-lovelace' # pin\n  - alan-turing: ada-lovelace\n"
             "x-note: ada-lovelace\n")
    write(capsule, "grace-hopper", about)
    write(capsule, "a/emmy-noether", "name: Emmy\ntagline: x\nunrelated: [alan-turing, ada-lovelace]\n")
    write(capsule, "kurt-godel", "name: Kurt\ntagline: x\nrelated:\n  - ada-lovelace: she began\n")
    write(capsule, "sofia", "name: Sofia\ntagline: x\nrelated: \"ada-lovelace: by wire\"\n")
    status, out, complaint = almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)
    assert (status, complaint) == (0, b"") and out.count(b"names it by its new slug\n") == 4
    after = texts(capsule)
    assert after["people/grace-hopper.yaml"] == about.replace("'ada-lovelace' # pin", "'ada-king' # pin")
    assert after["people/a/emmy-noether.yaml"].endswith("unrelated: [alan-turing, ada-king]\n")
    assert after["people/kurt-godel.yaml"].endswith("  - ada-king: she began\n")
    assert after["people/sofia.yaml"].endswith('related: "ada-king: by wire"\n')
    assert almagest.check(capsule)[0] == 0


def test_there_and_back_is_nowhere(almagest, capsule):
    write(capsule, "alan-turing", "name: Alan\ntagline: x\nrelated: [ada-lovelace]\n")
    before = texts(capsule)["people/alan-turing.yaml"]
    assert almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)[0] == 0
    assert almagest.run("rename", "ada-king", "ada-lovelace", "-c", capsule)[0] == 0
    assert texts(capsule) == {"people/alan-turing.yaml": before, "people/ada-lovelace.yaml": ADA + "former_slugs:\n  - ada-king\n"}
    assert almagest.check(capsule)[0] == 0


def test_a_file_in_a_subfolder_stays_in_it(almagest, capsule):
    write(capsule, "g/grace-hopper", "name: Grace\ntagline: x\n")
    assert almagest.run("rename", f"{capsule}/people/g/grace-hopper.yaml", "amazing-grace", "-c", capsule)[0] == 0
    assert (capsule / "people/g/amazing-grace.yaml").exists() and not (capsule / "people/g/grace-hopper.yaml").exists()


CUT_OFF = [
    # what a renaming that was killed may leave: others mended, the record with its new list, the record under both names
    ("some others", {"people/grace.yaml"}),
    ("all others", {"people/grace.yaml", "people/sofia.yaml"}),
    ("all but the move", {"people/grace.yaml", "people/sofia.yaml", "people/ada-lovelace.yaml"}),
    ("both names", None),
]


@pytest.mark.parametrize("what,done", CUT_OFF, ids=[row[0] for row in CUT_OFF])
def test_a_renaming_that_was_cut_off_is_completed_by_the_same_command(almagest, capsule, what, done):
    write(capsule, "grace", "name: Grace\ntagline: x\nrelated: [ada-lovelace]\n")
    write(capsule, "sofia", "name: Sofia\ntagline: x\nunrelated: [ada-lovelace]\n")
    before = texts(capsule)
    assert almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)[0] == 0
    after = texts(capsule)
    old, new = capsule / "people/ada-lovelace.yaml", capsule / "people/ada-king.yaml"
    if done is None:
        old.hardlink_to(new)
    else:
        new.rename(old)
        for path in set(before) - done:
            (capsule / path).write_text(before[path])
    assert almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)[::2] == (0, b"")
    assert texts(capsule) == after and almagest.check(capsule)[0] == 0


def test_a_disk_that_is_full_leaves_everything_as_it_was(almagest, capsule):
    import resource, subprocess
    write(capsule, "ada-lovelace", ADA + "summary: " + "x " * 900 + "\n")
    write(capsule, "grace", "name: Grace\ntagline: x\nrelated: [ada-lovelace]\n")
    before = texts(capsule)
    done = subprocess.run([almagest.path, "rename", "ada-lovelace", "ada-king", "-c", capsule], capture_output=True, restore_signals=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)))
    assert (done.returncode, done.stdout) == (1, b"") and b"ada-lovelace.yaml: cannot be written: File too large\n" in done.stderr
    assert texts(capsule) == before and len(list(capsule.rglob("*.*"))) == len(before)


def test_a_link_to_a_record_stays_one_with_its_mode(almagest, capsule):
    real = capsule / "elsewhere.yaml"
    real.write_text("name: Grace\ntagline: x\nrelated: [ada-lovelace]\n")
    real.chmod(0o640)
    link = capsule / "people/grace.yaml"
    link.symlink_to(real)
    assert almagest.run("rename", "ada-lovelace", "ada-king", "-c", capsule)[0] == 0
    assert link.is_symlink() and "related: [ada-king]" in real.read_text() and real.stat().st_mode & 0o777 == 0o640


def test_diff_shows_and_writes_nothing(almagest, capsule):
    before = texts(capsule)
    status, out, _ = almagest.run("rename", "--diff", "ada-lovelace", "ada-king", "-c", capsule)
    assert status == 0 and b"+  - ada-lovelace\n" in out and b"rename to people/ada-king.yaml\n" in out and texts(capsule) == before


@pytest.mark.parametrize("words,status,said", [
    (["ada-lovelace", "alan-turing"], 1, "people/alan-turing.yaml is there already; choose another slug"),
    (["ada-lovelace", "Ada King"], 2, "Ada King: not a slug; expected lower-case letters, digits and single '-', such as ada-king"),
    (["ada-lovelace", "index"], 2, "index: not a slug; expected lower-case letters, digits and single '-', such as index-person"),
    (["ada-lovelace", "ada-lovelace"], 2, "ada-lovelace: both slugs are the same"),
    (["ada-lovelac", "ada-king"], 1, "{}/people/ada-lovelac.yaml: no such record; did you mean ada-lovelace?"),
    (["old-alan", "ada-king"], 1, "old-alan: no such record; {}/people/alan-turing.yaml has been it before, and can be renamed"),
    (["ada-lovelace"], 2, "usage: almagest rename OLD-SLUG NEW-SLUG"),
    (["ada-lovelace", "old-alan"], 1, "people/alan-turing.yaml: its address was old-alan before, and still leads to it; choose another "
                                      "slug, or take it from former_slugs there"),
    (["broken", "mended"], 1, "people/broken.yaml:1:1: tagline: missing; add \"tagline: one line that says what makes this person worth "
                              "reading\"; mend this first"),
])
def test_what_cannot_be_done_is_told_and_nothing_is_written(almagest, capsule, words, status, said):
    write(capsule, "alan-turing", "name: Alan\ntagline: x\nformer_slugs: old-alan\n")
    write(capsule, "broken", "name: B\n")
    before = texts(capsule)
    assert almagest.run("rename", *words, "-c", capsule) == (status, b"", f"almagest: {said.format(capsule)}\n".encode())
    assert texts(capsule) == before

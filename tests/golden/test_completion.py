"""What bash, zsh and fish complete, asked of the shells themselves."""

import shutil
import subprocess

import pytest


@pytest.fixture
def script(almagest, tmp_path):
    def write(shell):
        file = tmp_path / f"almagest.{shell}"
        status, out, complaint = almagest.run("completion", shell)
        assert (status, complaint) == (0, b"")
        file.write_bytes(out)
        return file

    return write


def bash(script, line, cwd):
    words = line.split(" ")
    asked = f'''. {script}; COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}; _almagest; printf '%s\\n' "${{COMPREPLY[@]}}"'''
    return subprocess.run(["bash", "--norc", "-c", asked], cwd=cwd, capture_output=True, text=True, check=True).stdout.split()


def zsh(script, line, cwd):
    """compadd and _files stand in for the line editor; what is offered and begins so is what it would show."""
    words = line.split(" ")
    asked = f'''compadd() {{ [[ $1 = -- ]] && shift; print -rl -- ${{(M)@:#$PREFIX*}} }}; _files() {{ :; }}
words=({" ".join(f"'{word}'" for word in words)}); CURRENT={len(words)}; PREFIX='{words[-1]}'; . {script}'''
    done = subprocess.run(["zsh", "-f", "-c", asked], cwd=cwd, capture_output=True, text=True)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def fish(script, line, cwd):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], cwd=cwd, capture_output=True, text=True)
    assert done.stderr == "", done.stderr
    return [row.split("\t")[0] for row in done.stdout.splitlines()]


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("line, expected", [
    ("almagest sh", {"show"}),
    ("almagest sta", {"status"}),
    ("almagest show --as g", {"gemini", "gopher"}),
    ("almagest check --format ", {"text", "json", "github"}),
    ("almagest serve --gopher-ch", {"--gopher-charset"}),
    ("almagest serve --signer ", {"on", "off"}),
    ("almagest schema to", {"topic"}),
    ("almagest import or", {"orcid"}),
    ("almagest show tri", {"tri-dao"}),
    ("almagest rename albert", {"albert-gu"}),
    ("almagest help comp", {"completion"}),
])
def test_a_shell_completes(almagest, script, shell, line, expected):
    assert set(SHELLS[shell](script(shell), line, almagest.root)) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_offered(almagest, script, shell):
    text = script(shell).read_text()
    commands = [line.split()[1] for line in almagest.run("help")[1].decode().splitlines() if line.startswith("  almagest ") and line.split()[1] != "help"]
    assert len(commands) > 10
    for command in commands:
        assert f" {command} " in text or f"{command})" in text
        options = [line.split()[0].lstrip("-") for line in almagest.run("help", command)[1].decode().splitlines() if line.startswith("  --")]
        for option in options:
            assert f"--{option}" in text or f"-l {option} " in text, (command, option)


def test_a_capsule_at_the_root_of_a_folder_has_its_slugs_too(almagest, script, tmp_path):
    shutil.copytree(almagest.root / "capsule/people", tmp_path / "people")
    assert bash(script("bash"), "almagest show tri", tmp_path) == ["tri-dao"]


def test_another_shell_is_told_which_there_are(almagest):
    status, _, complaint = almagest.run("completion", "tcsh")
    assert status == 2 and complaint == b"almagest: usage: almagest completion bash|zsh|fish\n"

"""docs/deploy/Containerfile where no container engine runs: its instructions are read as an engine reads them, its packages are those
that the program links with, and its last command serves on a root that cannot be written, as nobody."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

from capsule import ALMAGEST, ROOT, Client, free_port, open_to_others, wait_for

KNOWN = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}


def instructions():
    text = (ROOT / "docs/deploy/Containerfile").read_text()
    text = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def stages():
    all_stages = []
    for word, rest in instructions():
        if word == "FROM":
            all_stages.append([])
        all_stages[-1].append((word, rest))
    return all_stages


def of(stage, word):
    return [rest for name, rest in stage if name == word]


def test_every_instruction_is_one_and_every_list_is_whole():
    assert {word for word, _ in instructions()} <= KNOWN
    assert len(stages()) == 2 and all(re.fullmatch(r"debian:12-slim( AS [a-z]+)?", of(stage, "FROM")[0]) for stage in stages())
    last = stages()[-1]
    for word in ["VOLUME", "ENTRYPOINT"]:
        assert all(isinstance(item, str) for item in json.loads(of(last, word)[0]))
    json.loads(of(last, "HEALTHCHECK")[0].split("CMD ")[1])


def test_what_is_copied_is_there_and_what_is_built_is_taken():
    for rest in of(stages()[0], "COPY"):
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
    source, target = of(stages()[1], "COPY")[0].split()[1:]
    assert source == "/src/build/almagest" and json.loads(of(stages()[1], "ENTRYPOINT")[0])[0] == target
    assert "make all" in of(stages()[0], "RUN")[-1]


def test_it_runs_as_nobody_with_two_volumes_and_a_health_check():
    words = [word for word, _ in stages()[-1]]
    assert of(stages()[-1], "USER") == ["nobody"] and words.index("USER") < words.index("ENTRYPOINT")
    assert json.loads(of(stages()[-1], "VOLUME")[0]) == ["/srv/almagest", "/var/lib/almagest"]
    assert '"status"' in of(stages()[-1], "HEALTHCHECK")[0]
    assert all(int(port) > 1024 for port in of(stages()[-1], "EXPOSE")[0].split())


@pytest.mark.skipif(not shutil.which("dpkg"), reason="the packages are Debian's")
def test_its_packages_are_what_the_program_links_with_and_loads():
    named = set(re.search(r"--no-install-recommends\s+(.*?)&&", of(stages()[-1], "RUN")[0])[1].split())
    needed = set()
    dynamic = subprocess.run(["readelf", "-d", ROOT / "build/almagest"], capture_output=True, text=True, check=True).stdout
    cached = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    loaded = re.search(r'NAMES\[\] = \{ "(.*?)"', (ROOT / "src/mirror/libarchive.c").read_text())[1]
    for library in [*re.findall(r"NEEDED.*\[(.*)\]", dynamic), loaded]:
        path = re.search(rf"{re.escape(library)} .*=> (\S+)", cached)
        if not path or library.startswith("lib") and "asan" in library:
            continue
        for spelt in {os.path.realpath(path[1]), path[1], path[1].replace("/lib/", "/usr/lib/", 1), os.path.realpath(path[1]).replace("/usr/lib/", "/lib/", 1)}:
            found = subprocess.run(["dpkg", "-S", spelt], capture_output=True, text=True)
            if found.returncode == 0:
                needed.add(found.stdout.split(":")[0])
                break
    assert needed - {"libc6"} == named


def test_its_last_command_serves_on_a_root_that_cannot_be_written(tmp_path):
    """In namespaces of its own, as an engine would: all file systems read-only but the volume of state, the user nobody."""
    if os.geteuid() != 0:
        pytest.skip("namespaces with another user need root")
    open_to_others(tmp_path)
    state, capsule, log = tmp_path / "state", tmp_path / "capsule", tmp_path / "log"
    state.mkdir()
    os.chown(state, 65534, 65534)
    shutil.copytree(ROOT / "capsule", capsule)
    program = shutil.copy(ALMAGEST, tmp_path / "almagest")
    port = free_port()
    command = [word.replace("/usr/local/bin/almagest", str(program)).replace("/srv/almagest", str(capsule)).replace("/var/lib/almagest", str(state))
               for word in json.loads(of(stages()[-1], "ENTRYPOINT")[0])]
    for name in ["--gemini", "--gopher", "--finger"]:
        command[command.index(name) + 1] = f"127.0.0.1:{port}" if name == "--gemini" else "off"
    check = [word.replace("/usr/local/bin/almagest", str(program)).replace("/var/lib/almagest", str(state))
             for word in json.loads(of(stages()[-1], "HEALTHCHECK")[0].split("CMD ")[1])]
    script = (f"mount --bind {state} {state} && mount -o remount,bind,ro / && "
              f"exec setpriv --reuid 65534 --regid 65534 --clear-groups {shlex.join(command)}")
    with open(log, "wb") as to:
        process = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stderr=to)
    try:
        wait_for(lambda: b"\nready\n" in log.read_bytes() or process.poll() is not None, 20)
        answer = Client(port).ask(b"gemini://localhost:%d/people/tri-dao.gmi\r\n" % port)
        assert answer.status == "20" and "# Tri Dao" in answer.text, log.read_text()
        assert subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *check], capture_output=True).returncode == 0
    finally:
        process.terminate()
        process.wait(15)
    assert subprocess.run(check, capture_output=True).returncode == 3

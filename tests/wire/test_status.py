"""almagest status: what an operator, or a container's health check, is told of a running server."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from capsule import ALMAGEST, Server, free_port, open_to_others, wait_for, writer_of


@pytest.fixture
def capsule(tmp_path):
    folder = tmp_path / "capsule"
    (folder / "people").mkdir(parents=True)
    (folder / "people/ada.yaml").write_text("name: Ada Lovelace\ntagline: Wrote the first program\n")
    (folder / "people/bad.yaml").write_text("name: Bad\ntagline: x\nnmae: y\n")
    return folder


@pytest.fixture
def server(tmp_path, capsule):
    running = Server(tmp_path, capsule)
    yield running
    running.end()


def status(tmp_path, *words):
    done = subprocess.run([ALMAGEST, "status", "--catalog", tmp_path / "catalog", *words], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def report(tmp_path):
    code, out, complaint = status(tmp_path, "--format", "json")
    assert code == 0, complaint
    return json.loads(out)


def test_a_person_reads_how_the_server_does(tmp_path, server):
    server.get("/people/ada.gmi")
    code, out, complaint = status(tmp_path)
    assert (code, complaint) == (0, "")
    lines = {line[:13].strip(): line[13:] for line in out.splitlines() if line[:1] != " "}
    assert out.startswith("almagest 0.1 serving, up ")
    assert ": 1 person, generation 1, updated 20" in lines["directory"]
    assert lines["rejected"] == "1 file with errors"
    assert 'people/bad.yaml:3:1: error: nmae: unknown key; did you mean "name"?' in out
    assert lines["listening"] == f"gemini on 127.0.0.1:{server.port}"
    assert "localhost, 20" in lines["certificate"] and "SHA-256 " in out
    assert lines["answered"].startswith("1 gemini, 0 gopher, 0 finger, ")


def test_a_program_reads_the_same_as_json(tmp_path, server):
    for _ in range(3):
        server.get("/people/ada.gmi")
    server.get("/nobody.gmi")
    told = report(tmp_path)
    assert told["well"] is True and told["state"] == "serving" and told["people"] == 1 and told["rejected"] == 1
    assert told["requests"]["gemini"]["2x"] == 3 and told["requests"]["gemini"]["5x"] == 1
    assert told["handshakes"]["full"] + told["handshakes"]["resumed"] == 4 and told["connections"] == 0
    assert {"host", "from", "until", "valid", "sha256"} <= told["certificates"][0].keys()
    names = [process["name"] for process in told["processes"]]
    assert names[0] == "supervisor" and names.count("worker") == names.count("signer") == 2 and "writer" in names
    assert all(process["kib"] > 0 for process in told["processes"] if process["name"] != "bundler")
    assert [problem.split(":")[0] for problem in told["problems"]] == ["people/bad.yaml"]


def test_it_follows_edits(tmp_path, capsule, server):
    before = report(tmp_path)["generation"]
    (capsule / "people/bad.yaml").write_text("name: Good Now\ntagline: x\n")
    wait_for(lambda: report(tmp_path)["people"] == 2, 5)
    told = report(tmp_path)
    assert told["generation"] == before + 1 and told["rejected"] == 0 and told["problems"] == []


def test_a_server_that_found_its_catalog_built_tells_the_same(tmp_path, capsule):
    Server(tmp_path, capsule).end()
    (tmp_path / "log").unlink()
    again = Server(tmp_path, capsule)
    try:
        told = report(tmp_path)
        assert (told["people"], told["rejected"], told["generation"]) == (1, 1, 1) and told["updated"] > 1.7e9
        assert [problem.split(":")[0] for problem in told["problems"]] == ["people/bad.yaml"]
    finally:
        again.end()


def test_it_is_asked_in_the_folder_that_the_settings_name_now(tmp_path, capsule):
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"gemini: 127.0.0.1:{free_port()}\ngopher: off\nfinger: off\nworkers: 1\ncerts: {tmp_path}/certs\ncatalog: {tmp_path}/catalog\n")
    process = subprocess.Popen([ALMAGEST, "serve", "-c", capsule, "--settings", settings], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: status(tmp_path)[0] == 0)
        settings.write_text(settings.read_text().replace("/catalog", "/elsewhere"))
        process.send_signal(signal.SIGHUP)
        asked = lambda: subprocess.run([ALMAGEST, "status", "-c", capsule, "--settings", settings], capture_output=True, text=True).stdout
        wait_for(lambda: f"catalog      {tmp_path}/elsewhere\n" in asked())
        assert status(tmp_path)[0] == 3
    finally:
        process.terminate()
        assert process.wait(15) == 0


def told_by(folder, words):
    """What status makes of somebody else on the socket of a server."""
    (folder / "catalog").mkdir()
    with socket.socket(socket.AF_UNIX) as at:
        at.bind(str(folder / "catalog/status"))
        at.listen()
        answering = threading.Thread(target=lambda: [(c := at.accept()[0]).sendall(words), c.close()])
        answering.start()
        told = status(folder)
        answering.join()
    return told


@pytest.mark.parametrize("words", [b"no JSON", b"[1, 2]", b"{"])
def test_who_is_no_server_is_not_taken_for_one(tmp_path, words):
    assert told_by(tmp_path, words) == (1, "", f"almagest: what answers at {tmp_path}/catalog/status is no almagest\n")


def test_who_says_nothing_is_told_of(tmp_path):
    code, out, complaint = told_by(tmp_path, b"")
    assert (code, out) == (3, "") and "does not say how it does" in complaint


def test_nothing_reaches_the_terminal_as_it_came(tmp_path):
    code, out, _ = told_by(tmp_path, json.dumps({"version": "\x1b[2J", "problems": ["a\u009bb", 7], "requests": {"\x07": {"2x": 1}}}).encode())
    assert code == 1 and "\\x1b[2J" in out and "\\xc2\\x9b" in out and not set(out) & {"\x1b", "\x9b", "\x07"}


@pytest.mark.skipif(os.geteuid() != 0, reason="to be somebody else needs root")
def test_who_may_not_ask_is_told_who_may(tmp_path, server):
    open_to_others(tmp_path)
    done = subprocess.run([shutil.copy(ALMAGEST, tmp_path), "status", "--catalog", tmp_path / "catalog"], capture_output=True, text=True,
                          cwd="/", user=12345, group=12345, extra_groups=[])
    assert done.returncode == 3 and "you may not ask; ask as the user who started it, or as root" in done.stderr


def test_nobody_else_may_ask(tmp_path, server):
    assert stat.S_IMODE(os.stat(tmp_path / "catalog/status").st_mode) == 0o600


def test_where_no_server_runs_it_says_so_with_a_status_of_its_own(tmp_path, capsule):
    (tmp_path / "catalog").mkdir()
    code, out, complaint = status(tmp_path)
    assert (code, out) == (3, "") and complaint == f"almagest: no server answers at {tmp_path}/catalog/status\n"
    running = Server(tmp_path, capsule)
    running.end()
    assert status(tmp_path)[0] == 3
    assert not (tmp_path / "catalog/status").exists()


def test_what_a_killed_server_left_makes_way(tmp_path, capsule):
    running = Server(tmp_path, capsule)
    running.process.kill()
    running.process.wait()
    assert (tmp_path / "catalog/status").exists()
    wait_for(lambda: status(tmp_path)[0] == 3, 5)
    (tmp_path / "log").unlink()  # of the first
    again = Server(tmp_path, capsule)
    try:
        assert report(tmp_path)["well"] is True
    finally:
        again.end()


def test_another_server_on_the_folder_leaves_it_to_the_first(tmp_path, capsule, server):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/catalog").symlink_to(tmp_path / "catalog")
    other = Server(tmp_path / "other", capsule)
    try:
        assert "another server answers there" in other.log
        assert report(tmp_path)["listening"][0]["port"] == server.port
    finally:
        other.end()
    assert report(tmp_path)["listening"][0]["port"] == server.port


@pytest.mark.alone
def test_who_asks_and_never_reads_holds_nobody_up(tmp_path, server):
    idle = []
    for _ in range(12):
        asking = socket.socket(socket.AF_UNIX)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        asking.settimeout(1)
        try:
            asking.connect(f"/proc/self/fd/{os.open(tmp_path / 'catalog', os.O_RDONLY)}/status")
        except OSError:
            break
        idle.append(asking)
    began = time.monotonic()
    assert server.get("/people/ada.gmi").status == "20"
    assert time.monotonic() - began < 1.8
    for asking in idle:
        asking.close()
    wait_for(lambda: status(tmp_path)[0] == 0, 10)


def test_a_server_without_its_writer_serves_and_gets_another(tmp_path, server):
    os.kill(writer_of(server.process.pid), signal.SIGKILL)
    assert report(tmp_path)["well"] is True
    wait_for(lambda: "writer" in [process["name"] for process in report(tmp_path)["processes"]], 5)


def test_a_form_that_does_not_exist_is_refused(tmp_path):
    code, _, complaint = status(tmp_path, "--format", "xml")
    assert code == 2 and "expected text or json" in complaint

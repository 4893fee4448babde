"""almagest check --install: every fault made for real, and what the operator reads of it."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys

import pytest

from capsule import ALMAGEST, ROOT, Server, free_port, open_to_others, wait_for

DAY = 86400


@pytest.fixture
def place(tmp_path):
    """Folders and a port of its own; look() gives the lines by what they are about."""
    capsule = tmp_path / "capsule"
    (capsule / "people").mkdir(parents=True)
    (capsule / "people/ada.yaml").write_text("name: Ada Lovelace\ntagline: Wrote the first program\n")
    port = free_port()

    def look(*words, status=None, at=None, before=None, prefix=()):
        env = {**os.environ, **({"SOURCE_DATE_EPOCH": str(at)} if at else {})}
        done = subprocess.run([*prefix, ALMAGEST, "check", "--install", "-c", capsule, "--certs", tmp_path / "certs", "--catalog", tmp_path / "catalog",
                               "--gemini", f"127.0.0.1:{port}", "--gopher", "off", "--finger", "off", *words],
                              capture_output=True, text=True, env=env, preexec_fn=before)
        assert done.stderr == ""
        assert status is None or done.returncode == status, done.stdout
        lines = done.stdout.splitlines()
        assert done.returncode == (1 if any(line.startswith("wrong") for line in lines) else 0)
        return {line[9:22].strip(): (line[:8].strip(), line[23:]) for line in lines[:-1]}

    look.folder, look.port = tmp_path, port
    return look


def make_certs(place, *words):
    subprocess.run([ALMAGEST, "cert", "-c", place.folder / "capsule", "--certs", place.folder / "certs", *words], check=True, capture_output=True)


def test_a_setup_in_order_is_told_to_be(place):
    make_certs(place)
    told = place(status=0)
    assert {about: verdict for about, (verdict, _) in told.items() if about != "open files"} == dict.fromkeys(
        ["ports", "names", "certificates", "keys", "clock", "catalog", "records"], "ok")
    assert told["ports"][1] == f"gemini on 127.0.0.1:{place.port} is free"


def test_a_port_that_another_program_has(place):
    with socket.socket() as other:
        other.bind(("127.0.0.1", place.port))
        other.listen()
        verdict, text = place(status=1)["ports"]
    assert verdict == "wrong" and str(place.port) in text and "end the program that has it, or name another address with --gemini" in text


def test_a_port_that_our_own_server_has(place):
    server = Server(place.folder, place.folder / "capsule")
    try:
        verdict, text = place("--gemini", f"127.0.0.1:{server.port}")["ports"]
    finally:
        server.end()
    assert verdict == "ok" and "is served by almagest" in text


@pytest.mark.parametrize("wanted, verdict, words", [
    ("gopher", "ok", "gopher on [::]:70 is served by almagest"),  # by a socket from systemd, whatever its address
    ("finger", "wrong", "end the program that has it"),
])
def test_a_port_that_systemd_holds_for_our_server(place, wanted, verdict, words):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        port = listener.getsockname()[1]
        script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[2], sys.argv[2:])")
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(listener.fileno()), ALMAGEST, "serve", "-c", place.folder / "capsule", "--certs", place.folder / "certs",
             "--catalog", place.folder / "catalog", "--gemini", "off", "--finger", "off", "--workers", "1"],
            pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL, env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "gopher"})
        try:
            wait_for(lambda: (place.folder / "catalog/status").exists())
            words = words.replace("[::]:70", f":{port}")
            told = place("--gemini", "off", f"--{wanted}", f":{port}")["ports"]
            assert told[0] == verdict and words in told[1]
            listening = json.loads(subprocess.run([ALMAGEST, "status", "--catalog", place.folder / "catalog", "--format", "json"],
                                                  capture_output=True).stdout)["listening"]
            assert listening == [{"protocol": "gopher", "address": f"127.0.0.1:{port}", "port": port}]
        finally:
            process.terminate()
            assert process.wait(15) == 0


@pytest.mark.parametrize("host, verdict, words", [
    ("localhost", "ok", "this machine"),
    ("nobody.invalid", "warning", "does not resolve"),
    ("192.0.2.7", "warning", "no address of this machine"),
])
def test_a_name_leads_here_or_not(place, host, verdict, words):
    told = place("--host", host)["names"]
    assert told[0] == verdict and words in told[1]


def test_a_certificate_that_has_ended(place):
    make_certs(place)
    verdict, text = place(status=1, at=1795392000 + 30 * 366 * DAY)["certificates"]
    assert verdict == "wrong" and "and not now: almagest cert renews it" in text


def test_a_certificate_that_soon_ends_or_is_for_another_name(place):
    certs = place.folder / "certs"
    certs.mkdir()
    for name, days in [("localhost", "10"), ("other.example.org", "400")]:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", days,
                        "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", certs / "localhost.key",
                        "-out", certs / "localhost.crt"], check=True, capture_output=True)
        told = place("--host", "localhost")["certificates"]
        assert told[0] == ("warning" if name == "localhost" else "wrong")
        assert ("renew it in time" if name == "localhost" else "does not name localhost") in told[1]


def test_a_key_that_others_may_read(place):
    make_certs(place, "--host", "localhost")
    (place.folder / "certs/localhost.key").chmod(0o644)
    verdict, text = place("--host", "localhost", status=1)["keys"]
    assert verdict == "wrong" and "localhost.key: chmod 600 it" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="to give files away needs root")
def test_a_key_that_root_made_in_the_folder_of_the_user_who_serves(place):
    make_certs(place, "--host", "localhost")
    os.chown(place.folder / "certs", 65534, 65534)
    verdict, text = place("--host", "localhost", status=1)["keys"]
    assert verdict == "wrong" and "belongs to user 0, and its folder to user 65534, who cannot read it: chown it" in text


def test_a_folder_into_which_others_may_put_keys(place):
    make_certs(place, "--host", "localhost")
    (place.folder / "certs").chmod(0o777)
    verdict, text = place("--host", "localhost", status=1)["keys"]
    assert verdict == "wrong" and "chmod go-w it" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else")
def test_a_catalog_that_root_wrote_before_the_user_who_serves(place):
    open_to_others(place.folder)
    (place.folder / "catalog").mkdir()
    (place.folder / "catalog/catalog.db").write_text("")
    verdict, text = place("--user", "nobody", status=1)["catalog"]
    assert verdict == "wrong" and "user 65534 cannot write it" in text and "catalog.db: Permission denied" in text
    (place.folder / "catalog/catalog.db").unlink()
    assert place("--user", "nobody")["catalog"][0] == "ok"  # at the start the folder is made over to the user


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else")
def test_records_that_only_root_can_read(place):
    open_to_others(place.folder)
    (place.folder / "capsule/people/ada.yaml").chmod(0o600)
    (place.folder / "capsule/capsule.yaml").write_text("title: Mine\n")
    (place.folder / "capsule/capsule.yaml").chmod(0o600)
    verdict, text = place("--user", "nobody", status=1)["records"]
    assert verdict == "wrong" and "user 65534 cannot read 2 files (the first is" in text and "capsule.yaml: Permission denied)" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else")
def test_a_setup_that_is_closed_to_who_looks(place):
    make_certs(place)
    (place.folder / "certs").chmod(0o700)
    open_to_others(place.folder)
    program = shutil.copy(ALMAGEST, place.folder)
    told = subprocess.run([program, "check", "--install", "-c", place.folder / "capsule", "--certs", place.folder / "certs", "--catalog",
                           place.folder / "catalog", "--gemini", f"127.0.0.1:{place.port}", "--gopher", "off", "--finger", "off"],
                          capture_output=True, text=True, cwd="/", user=12345, group=12345, extra_groups=[]).stdout
    assert told.count(f"{place.folder}/certs is closed to you: look again as root") == 2


def test_a_clock_that_is_behind(place):
    verdict, text = place(status=1, at=1000000000)["clock"]
    assert verdict == "wrong" and text.startswith("it is 2001-09-09, which is before")


def test_a_catalog_folder_that_cannot_be_written(place):
    (place.folder / "catalog").mkdir()
    mounted = ("unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o ro none {place.folder}/catalog && exec "$@"', "sh")
    verdict, text = place(status=1, prefix=mounted)["catalog"]
    assert verdict == "wrong" and "cannot write it (" in text and "Read-only file system" in text and "--catalog" in text


def test_a_record_that_the_server_cannot_read(place):
    (place.folder / "capsule/people/gone.yaml").symlink_to("nowhere")
    verdict, text = place(status=1)["records"]
    assert verdict == "wrong" and "1 file (the first is " in text and "people/gone.yaml: No such file" in text


def test_too_few_open_files(place):
    verdict, text = place(before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (264, 264)))["open files"]
    assert verdict == "warning" and text.startswith("264 files may be open, enough for 100 connections at once of 10000: raise LimitNOFILE=")


def test_a_program_reads_it_as_json(place):
    done = subprocess.run([ALMAGEST, "check", "--install", "-c", ROOT / "capsule", "--catalog", place.folder / "catalog", "--format", "json"],
                          capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert {"about", "verdict", "text"} == told[0].keys() and {row["verdict"] for row in told} <= {"ok", "warning", "wrong"}

"""make install as an operator runs it: what lands where, what systemd and OpenRC make of it, and that uninstall takes all away."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from capsule import ALMAGEST, ROOT, Client, free_port, open_to_others, wait_for

UNITS = ["almagest.service", "almagest.socket", "almagest-gopher.socket", "almagest-finger.socket"]


def make(target, *settings):
    """BUILD is the folder of the program under test, so that nothing is built again."""
    build = Path(ALMAGEST).parent
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", "-s", "-o", "all", target, f"BUILD={build}", *settings], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    make("install", f"prefix={folder}")
    return folder


def test_everything_lands_in_its_place_and_uninstall_takes_it_away(tmp_path):
    told = make("install", f"DESTDIR={tmp_path}", "prefix=/usr")
    there = files(tmp_path)
    assert sorted(line.strip().removeprefix(str(tmp_path) + "/") for line in told.splitlines()) == there
    for path in ["usr/bin/almagest", "usr/share/man/man1/almagest.1", "usr/share/man/man5/almagest-record.5", "usr/share/man/man7/almagest.7",
                 "usr/lib/systemd/system/almagest.service", "usr/lib/systemd/system/almagest-gopher.socket", "usr/lib/sysusers.d/almagest.conf",
                 "usr/lib/tmpfiles.d/almagest.conf", "etc/init.d/almagest", "usr/share/doc/almagest/README.md",
                 "usr/share/bash-completion/completions/almagest", "usr/share/zsh/site-functions/_almagest",
                 "usr/share/fish/vendor_completions.d/almagest.fish"]:
        assert path in there
    texts = [(tmp_path / path).read_text() for path in there if path.startswith(("usr/lib", "etc"))]
    assert any("ExecStart=/usr/bin/almagest serve" in text for text in texts)
    assert not any("/usr/local" in text or str(tmp_path) in text for text in texts)
    make("uninstall", f"DESTDIR={tmp_path}", "prefix=/usr")
    assert files(tmp_path) == []


def test_uninstall_leaves_the_folders_that_were_there(tmp_path):
    for folder in ["usr/local/bin", "usr/local/lib", "usr/local/share/man", "usr/local/etc", "opt", "usr/local/share/fish"]:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/local/share/fish/mine").write_text("")
    before = sorted(tmp_path.rglob("*"))
    make("install", f"DESTDIR={tmp_path}", "unitdir=/opt/systemd/units")
    make("uninstall", f"DESTDIR={tmp_path}", "unitdir=/opt/systemd/units")
    assert sorted(tmp_path.rglob("*")) == before


def test_each_folder_can_be_chosen(tmp_path):
    make("install", f"DESTDIR={tmp_path}", "bindir=/opt/bin", "mandir=/opt/man", "unitdir=/opt/units", "sysconfdir=/opt/etc")
    there = files(tmp_path)
    assert {"opt/bin/almagest", "opt/man/man1/almagest.1", "opt/units/almagest.service", "opt/etc/init.d/almagest"} <= set(there)
    assert "ExecStart=/opt/bin/almagest" in (tmp_path / "opt/units/almagest.service").read_text()


# ---- systemd ----

def test_systemd_finds_no_fault_with_the_units(installed):
    units = installed / "lib/systemd/system"
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(str(units / name) for name in UNITS)], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "almagest" in line]
    assert done.returncode == 0 and ours == [], done.stderr


def test_the_service_is_hardly_exposed(installed):
    out = subprocess.run(["systemd-analyze", "security", "--offline=yes", str(installed / "lib/systemd/system/almagest.service")],
                         capture_output=True, text=True).stdout
    assert float(re.search(r"exposure level for almagest\.service: ([\d.]+)", out)[1]) <= 1.5, out


def calls(group):
    out = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout
    names = [line.strip() for line in out.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return {call for name in names for call in (calls(name) if name.startswith("@") else {name})}


def allowed(unit):
    """The calls that the unit's filter lets through, as systemd reads its lines one after the other."""
    through = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit):
        named = {call for word in line.lstrip("~").split() for call in (calls(word) if word.startswith("@") else {word})}
        through = through - named if line.startswith("~") else through | named
    return through


def confine(names):
    """The filter in this process: all other calls fail with EPERM."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    filter = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(0x00050000 | 1)))
    for name in names:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            assert seccomp.seccomp_rule_add(filter, ctypes.c_uint32(0x7FFF0000), ctypes.c_int(number), ctypes.c_uint(0)) == 0
    return lambda: os._exit(99) if seccomp.seccomp_load(filter) != 0 else None


def test_the_program_serves_within_the_units_filter_of_calls(tmp_path, installed):
    unit = (installed / "lib/systemd/system/almagest.service").read_text()
    load = confine(allowed(unit) | {"execve"})
    port, log = free_port(), open(tmp_path / "log", "wb")
    root = os.geteuid() == 0
    state = tmp_path / "state"
    state.mkdir()
    capsule = tmp_path / "capsule"
    shutil.copytree(ROOT / "capsule", capsule)
    program = shutil.copy(ALMAGEST, tmp_path / "almagest")
    if root:
        open_to_others(tmp_path)
        os.chown(state, 65534, 65534)

    def begin():
        if root:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        load()

    process = subprocess.Popen([program, "serve", "-c", capsule, "--certs", state / "certs", "--catalog", state / "catalog", "--ticket-keys",
                                state / "ticket.secret", "--gemini", f"127.0.0.1:{port}", "--gopher", "off", "--finger", "off"],
                               stderr=log, preexec_fn=begin)
    try:
        wait_for(lambda: b"\nready\n" in (tmp_path / "log").read_bytes() or process.poll() is not None, 20)
        text = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}"], input=b"gemini://localhost:%d/people/tri-dao.gmi\r\n" % port,
                              capture_output=True, timeout=10).stdout
        assert text.startswith(b"20 text/gemini") and b"# Tri Dao" in text, (tmp_path / "log").read_text()
        file = capsule / "people/tri-dao.yaml"
        file.write_text(re.sub("(?m)^tagline: .*(\n  .*)*", "tagline: Edited", file.read_text()))
        time.sleep(0.5)
        edited = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}"], input=b"gemini://localhost:%d/people/tri-dao.gmi\r\n" % port,
                                capture_output=True, timeout=10).stdout
        assert b"\nEdited\n" in edited, (tmp_path / "log").read_text()
        assert "seccomp" in (tmp_path / "log").read_text() and "signal" not in (tmp_path / "log").read_text()
    finally:
        process.terminate()
        process.wait(15)


def test_the_user_and_the_folder_are_made(tmp_path, installed):
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", str(installed / "lib/sysusers.d/almagest.conf")], check=True)
    assert re.search(r"(?m)^almagest:.*:/var/lib/almagest:", (tmp_path / "etc/passwd").read_text())
    if os.geteuid() == 0:
        (tmp_path / "etc/passwd").open("a").write("root:x:0:0:root:/root:/bin/sh\n")
        (tmp_path / "etc/group").open("a").write("root:x:0:\n")
        subprocess.run(["systemd-tmpfiles", f"--root={tmp_path}", "--create", str(installed / "lib/tmpfiles.d/almagest.conf")], check=True)
        assert (tmp_path / "srv/almagest").is_dir()


# ---- OpenRC ----

STUBS = """
checkpath() { for folder; do :; done; mkdir -p "$folder"; }
ewarn() { echo "warning: $*"; }
ebegin() { :; }
eend() { return "$1"; }
"""


def test_the_openrc_script_starts_and_reloads_the_server(tmp_path, installed):
    if os.geteuid() != 0:
        pytest.skip("OpenRC starts its services as root")
    open_to_others(tmp_path)
    open_to_others(installed)
    shutil.copytree(ROOT / "capsule", tmp_path / "capsule", ignore=shutil.ignore_patterns(".catalog"))  # a checkout may be its owner's alone
    script = (installed / "etc/init.d/almagest").read_text().replace("--user almagest", "--user nobody")
    assert script.startswith("#!/sbin/openrc-run\n")
    port = free_port()
    (tmp_path / "script").write_text(script)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/start-stop-daemon").write_text("#!/bin/sh\n[ \"$*\" = \"--signal HUP --pidfile $4\" ] && kill -HUP $(cat $4)\n")
    (tmp_path / "bin/start-stop-daemon").chmod(0o755)
    (tmp_path / "run").write_text(f"""{STUBS}
PATH={tmp_path}/bin:$PATH
almagest_capsule={tmp_path}/capsule almagest_state={tmp_path}/state almagest_log={tmp_path}/log
almagest_options="--gemini 127.0.0.1:{port} --gopher off --finger off"
. {tmp_path}/script
pidfile={tmp_path}/pid
start_pre
$command $command_args &
echo $! >$pidfile
for i in $(seq 100); do grep -q '^.*ready$' {tmp_path}/log && break; sleep 0.1; done
reload
wait
""")
    process = subprocess.Popen(["sh", tmp_path / "run"], stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: "reloading" in ((tmp_path / "log").read_text() if (tmp_path / "log").exists() else ""), 20)
        assert Client(port).ask(b"gemini://localhost:%d/\r\n" % port).status == "20"
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        assert "warning" not in process.communicate(timeout=15)[0]


# ---- folders that need no name ----

def test_status_and_check_find_a_packaged_server_by_themselves(tmp_path):
    """As root of a namespace in which /srv and /var/lib are a package's."""
    port = free_port()
    script = f"""set -e
mount -t tmpfs none /srv && mount -t tmpfs none /var/lib && mkdir -p /srv/almagest/people /var/lib/almagest
printf 'name: Ada Lovelace\\ntagline: Wrote the first program\\n' >/srv/almagest/people/ada.yaml
{ALMAGEST} serve -c /srv/almagest --gemini 127.0.0.1:{port} --gopher off --finger off 2>{tmp_path}/log &
for i in $(seq 100); do grep -q ready {tmp_path}/log && break; sleep 0.1; done
ls /var/lib/almagest
cd {tmp_path} && {ALMAGEST} status && {ALMAGEST} check --install --gemini 127.0.0.1:{port} --gopher off --finger off
kill $! && wait $!
"""
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("catalog\ncerts\nalmagest ") and "directory    /srv/almagest: 1 person" in done.stdout
    assert f"gemini on 127.0.0.1:{port} is served by almagest" in done.stdout and "/var/lib/almagest/catalog can be written" in done.stdout

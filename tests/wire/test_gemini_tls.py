"""TLS as a visitor's client meets it: versions, certificates, names, resumption, and how an answer ends."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from capsule import ALMAGEST, BOTH, ROOT, Server, TLS_1_2, TLS_1_3, trusting, wait_for, write

VERSION = {TLS_1_2: "TLSv1.2", TLS_1_3: "TLSv1.3"}

ENDINGS = [
    ("a page", "/people/tri-dao.gmi", "20"),
    ("the root", "/", "20"),
    ("a text", "/people/tri-dao.txt", "20"),
    ("a prompt", "/search.gmi", "10"),
    ("chance", "/random.gmi", "30"),
    ("a move", "/people", "31"),
    ("an unknown page", "/nothing", "51"),
    ("a bad request", "/../x", "59"),
]


def openssl(*words, given=b""):
    done = subprocess.run(["openssl", *words], input=given, capture_output=True, timeout=20)
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def s_client(server, *options):
    """What openssl's own client shows of one visit."""
    request = server.url("/about.gmi").encode() + b"\r\n"
    return openssl("s_client", "-connect", f"127.0.0.1:{server.port}", *options, given=request)


def der_of(path):
    return ssl.PEM_cert_to_DER_cert(path.read_text())


# ---- versions and suites ----

@pytest.mark.parametrize("version", BOTH)
def test_both_versions_are_spoken(directory, version):
    with directory.client(context=trusting(version)) as client:
        assert client.ask(directory.url("/about.gmi").encode() + b"\r\n").status == "20"
        assert client.tls.version() == VERSION[version]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_are_refused(directory, version):
    context = trusting(version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with directory.client(context=context) as client, pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        client.shake_hands()


@pytest.mark.parametrize("suite", [
    "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])
def test_weak_suites_are_refused(directory, suite):
    context = trusting(TLS_1_2)
    context.set_ciphers(suite)
    with directory.client(context=context) as client, pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
        client.shake_hands()


@pytest.mark.parametrize("groups", ["X25519:P-256", "P-521:P-384:P-256:X25519"])
def test_x25519_comes_first(directory, groups):
    """Also when the client guessed a group that is not spoken, and is asked to say hello again."""
    out, _ = s_client(directory, "-groups", groups)
    assert "Server Temp Key: X25519" in out


@pytest.mark.parametrize("group", ["P-256", "P-384", "X25519"])
def test_other_groups_are_spoken_too(directory, group):
    out, err = s_client(directory, "-quiet", "-servername", "localhost", "-groups", group)
    assert out.startswith("20 text/gemini; lang=en\r\n# "), err


def test_a_client_that_would_renegotiate_gets_no_second_handshake(directory):
    out, err = openssl("s_client", "-tls1_2", "-connect", f"127.0.0.1:{directory.port}", given=b"R\n")
    assert "RENEGOTIATING" in err and "no renegotiation" in err, (out[-300:], err)


def test_there_is_no_early_data_and_no_compression(directory):
    out, _ = s_client(directory, "-comp", "-ign_eof")
    assert "Compression: NONE" in out and set(re.findall(r"Max Early Data: (\d+)", out)) == {"0"}, out


# ---- how an answer ends ----

@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("path,status", [row[1:] for row in ENDINGS], ids=[row[0] for row in ENDINGS])
def test_every_answer_ends_with_close_notify(directory, version, path, status):
    assert directory.get(path, context=trusting(version)).status == status


@pytest.mark.parametrize("version", BOTH)
def test_a_refusal_ends_with_close_notify(directory, version):
    for request, status in ((b"gemini://example.org/\r\n", "53"), (b"titan://localhost/x;size=9\r\n", "53"), (b"x" * 3000, "59")):
        assert directory.ask(request, context=trusting(version)).status == status


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("path,status", [("/files/3mib.bin", "20"), ("/files/10mib.bin", "20"), ("/people/gone-away.gmi", "52")])
def test_a_large_file_ends_with_close_notify(small, version, path, status):
    answer = small.get(path, context=trusting(version))
    assert answer.status == status
    if status == "20":
        assert answer.body == (small.capsule / path[1:]).read_bytes()


@pytest.mark.parametrize("version", BOTH)
def test_an_ordinary_socket_reads_to_a_proper_end(directory, version):
    with socket.create_connection(("127.0.0.1", directory.port), 10) as raw:
        with trusting(version).wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
            tls.sendall(directory.url("/about.gmi").encode() + b"\r\n")
            while tls.recv(4096):
                pass
            tls.unwrap().close()  # our own close_notify, which the server need not wait for


@pytest.mark.parametrize("more", [1, 16 * 1024, 100 * 1024])
@pytest.mark.parametrize("version", BOTH)
def test_what_was_sent_too_much_resets_nothing(directory, version, more):
    """Unread bytes at a close would make the kernel throw away the page with a reset."""
    with directory.client(context=trusting(version)) as client:
        client.shake_hands()
        client.send(directory.url("/people/tri-dao.gmi").encode() + b"\r\n")
        client.send(b"x" * more)
        time.sleep(0.1)
        answer = client.read_all()
        assert answer.text.startswith("# Tri Dao\n")


def test_bytes_after_the_answer_reset_nothing(directory):
    with directory.client() as client:
        client.shake_hands()
        client.send(directory.url("/about.gmi").encode() + b"\r\n")
        assert client.read_all().status == "20"
        for _ in range(5):
            client.send(b"y" * 10000)
            time.sleep(0.01)
        assert client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def test_an_answer_and_its_close_notify_come_together(directory):
    """A reader sees the end at once with the last bytes, not a moment later."""
    with directory.client() as client:
        client.shake_hands()
        client.send(directory.url("/nothing").encode() + b"\r\n")
        answer = b""
        while True:
            try:
                answer += client.tls.read(65536)
                break
            except ssl.SSLWantReadError:
                client.receive()
        assert answer.startswith(b"51 ") and client.tls.read(1) == b""


# ---- resumption ----

@pytest.mark.parametrize("version", BOTH)
def test_a_session_is_resumed_by_every_worker(directory, version):
    context = trusting(version)
    session, reused = None, []
    for _ in range(12):
        with directory.client(context=context, session=session) as client:
            assert client.ask(directory.url("/about.gmi").encode() + b"\r\n").status == "20"
            reused.append(client.tls.session_reused)
            session = client.tls.session
    assert reused == [False] + [True] * 11


def test_one_ticket_serves_many_connections_in_tls_1_2(directory):
    context = trusting(TLS_1_2)
    with directory.client(context=context) as client:
        client.ask(directory.url("/about.gmi").encode() + b"\r\n")
        session = client.tls.session
    for _ in range(8):
        with directory.client(context=context, session=session) as client:
            assert client.ask(directory.url("/about.gmi").encode() + b"\r\n").status == "20" and client.tls.session_reused


@pytest.mark.parametrize("version", BOTH)
def test_a_session_outlives_a_reload(start, version):
    server = start()
    context = trusting(version)

    def visit(session=None):
        with server.client(context=context, session=session) as client:
            assert client.ask(server.url("/about.gmi").encode() + b"\r\n").status == "20"
            return client.tls.session, client.tls.session_reused

    session, reused = visit()
    assert not reused
    for _ in range(2):
        server.reload()
        session, reused = visit(session)
        assert reused


@pytest.mark.parametrize("version", BOTH)
def test_a_ticket_that_another_server_sealed_is_no_harm(directory, small, version):
    context = trusting(version)
    with small.client(context=context) as client:
        client.ask(small.url().encode() + b"\r\n")
        session = client.tls.session
    with directory.client(context=context, session=session) as client:
        assert client.ask(directory.url("/about.gmi").encode() + b"\r\n").status == "20"
        assert not client.tls.session_reused


# ---- names and certificates ----

def test_without_a_name_the_default_host_answers(directory):
    answer = directory.get("/about.gmi", sni=None)
    assert answer.status == "20"
    with directory.client(sni=None) as client:
        assert client.shake_hands().certificate == der_of(directory.certs / "localhost.crt")


@pytest.mark.parametrize("name", ["unknown.example", "x" * 60 + ".example", "LOCALHOST.example"])
def test_an_unknown_name_gets_the_default_certificate_and_then_53(directory, name):
    with directory.client(sni=name) as client:
        answer = client.ask(f"gemini://{name}:{directory.port}/\r\n".encode())
        assert client.certificate == der_of(directory.certs / "localhost.crt")
    assert answer.status == "53" and "localhost" in answer.meta
    assert directory.get("/", sni=name).status == "53"


def test_a_name_in_another_case_is_ours(directory):
    assert directory.get("/about.gmi", sni="LocalHost").status == "20"


def test_an_address_for_a_name_counts_as_none(directory):
    for name in ("127.0.0.1", "192.0.2.1"):
        out, err = s_client(directory, "-quiet", "-servername", name)
        assert out.startswith("20 text/gemini"), (name, out[:100], err)


@pytest.fixture(scope="module")
def hosts_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("hosts"), ROOT / "capsule",
                    "--host", "a.example", "--host", "b.example", "--host", "127.0.0.1")
    yield server
    assert server.end() == 0


def ask_host(server, sni, host, path="/about.gmi", **how):
    with server.client(sni=sni, **how) as client:
        return client.ask(server.url(path, host).encode() + b"\r\n"), client.certificate, client.tls.session


def test_each_host_has_its_own_certificate(hosts_server):
    certificates = {host: der_of(hosts_server.certs / f"{host}.crt") for host in ("a.example", "b.example")}
    assert len(set(certificates.values())) == 2
    for host in ["a.example", "b.example", "a.example", "b.example", "b.example", "a.example"] * 2:
        answer, certificate, _ = ask_host(hosts_server, host, host)
        assert answer.status == "20" and certificate == certificates[host], host
    answer, certificate, _ = ask_host(hosts_server, None, "a.example")
    assert answer.status == "20" and certificate == certificates["a.example"]


def test_a_name_and_an_address_that_disagree_are_refused(hosts_server):
    for sni, host in (("a.example", "b.example"), ("b.example", "a.example"), ("unknown.example", "a.example")):
        assert ask_host(hosts_server, sni, host)[0].status == "53"


@pytest.mark.parametrize("version", BOTH)
def test_a_session_of_one_host_opens_no_door_of_another(hosts_server, version):
    context = trusting(version)
    session = ask_host(hosts_server, "a.example", "a.example", context=context)[2]
    answer = ask_host(hosts_server, "b.example", "a.example", context=context, session=session)[0]
    assert answer.status == "53"
    session = ask_host(hosts_server, "a.example", "a.example", context=context)[2]
    answer = ask_host(hosts_server, "b.example", "b.example", context=context, session=session)[0]
    assert answer.status == "20"


def test_the_hosts_named_in_a_refusal_are_the_ones_that_answer(hosts_server):
    answer = hosts_server.ask(b"gemini://c.example/\r\n", sni="c.example")
    assert answer.status == "53" and "a.example, b.example, 127.0.0.1" in answer.meta
    assert ask_host(hosts_server, "localhost", "localhost")[0].status == "53"


def test_a_certificate_names_its_host_in_every_form(hosts_server):
    for host, names in (("127.0.0.1", "DNS:127.0.0.1, IP Address:127.0.0.1"), ("a.example", "DNS:a.example")):
        out, _ = openssl("x509", "-in", str(hosts_server.certs / f"{host}.crt"), "-noout", "-text", "-subject", "-dates")
        assert f"CN = {host}" in out and re.search(rf"(?m)^ *{re.escape(names)}$", out)
        assert "ASN1 OID: prime256v1" in out
        years = [int(y) for y in re.findall(r"not(?:Before|After)=.* (\d{4}) GMT", out)]
        assert years[1] - years[0] in (19, 20, 21)


def test_a_client_that_checks_the_name_is_content(hosts_server):
    context = ssl.create_default_context(cafile=str(hosts_server.certs / "a.example.crt"))
    with hosts_server.client(sni="a.example", context=context) as client:
        assert client.ask(hosts_server.url("/about.gmi", "a.example").encode() + b"\r\n").status == "20"


def test_a_host_that_is_an_address_is_believed_by_who_checks_it(start):
    server = start("--host", "127.0.0.1")
    context = ssl.create_default_context(cafile=str(server.certs / "127.0.0.1.crt"))
    with server.client(sni="127.0.0.1", context=context) as client:
        assert client.ask(server.url("/about.gmi", "127.0.0.1").encode() + b"\r\n").status == "20"
    server.is_alive = lambda: True  # localhost is none of its hosts


def test_the_certificate_stays_the_same_over_a_reload(start):
    server = start()
    with server.client() as client:
        before = client.shake_hands().certificate
    server.reload()
    with server.client() as client:
        assert client.shake_hands().certificate == before


def test_a_certificate_of_another_name_is_renewed_before_anybody_sees_it(tmp_path):
    assert Server(tmp_path).end() == 0
    key, certificate = tmp_path / "certs/localhost.key", tmp_path / "certs/localhost.crt"
    openssl("req", "-x509", "-key", str(key), "-subj", "/CN=elsewhere", "-days", "2", "-out", str(certificate))
    old = der_of(certificate)
    (tmp_path / "log").unlink()
    server = Server(tmp_path)
    try:
        for pid in server.workers():
            with server.client() as client:
                assert client.shake_hands().certificate == der_of(certificate) != old, pid
        assert "certificate for localhost made" in server.log
    finally:
        assert server.end() == 0


MISFIT = r"localhost\.crt does not fit its key .*localhost\.key; put the pair there that belongs together"


def make_another(certificate, key="/dev/null"):
    """Of the same host, for a new key."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-keyout", str(key), "-out", str(certificate))


# Pairs that fit, and that TLS refuses.

def make_weak(certs):
    openssl("req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-days", "2", "-keyout", str(certs / "localhost.key"), "-out", str(certs / "localhost.crt"))


def sign(certs, *how, name="localhost"):
    """An authority, whose own key is that of another host here, gives the host a certificate."""
    key, request = certs / "localhost.key", certs / "request"
    openssl("req", "-new", "-key", str(key), "-subj", f"/CN={name}", "-out", str(request))
    openssl("x509", "-req", "-in", str(request), "-CA", str(certs / "127.0.0.1.crt"), "-CAkey", str(certs / "127.0.0.1.key"),
            "-set_serial", "1", "-days", "2", "-out", str(certs / "localhost.crt"), *how)


def make_chain(certs):
    sign(certs)
    with open(certs / "localhost.crt", "a") as chain:
        chain.write("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")


def make_kind(certs):
    key, public = certs / "new.key", certs / "public"
    openssl("genpkey", "-algorithm", "x25519", "-out", str(key))
    openssl("pkey", "-in", str(key), "-pubout", "-out", str(public))
    sign(certs, "-force_pubkey", str(public))
    key.replace(certs / "localhost.key")


ANOTHER = "; put another certificate and its key there, or move both away to have them made"
WRONG = [
    ("another host's certificate", lambda certs: shutil.copy(certs / "127.0.0.1.crt", certs / "localhost.crt"), MISFIT),
    ("another key's certificate", lambda certs: make_another(certs / "localhost.crt"), MISFIT),
    ("a key that is too short", make_weak, r"localhost\.crt: the certificate cannot be used: its key is too short to be safe" + ANOTHER),
    ("a hash that is no longer safe", lambda certs: sign(certs, "-sha1"),
     r"localhost\.crt: the certificate cannot be used: it, .* by way of a hash that is no longer safe; have it signed with SHA-256"),
    ("a chain that is damaged", make_chain,
     r"localhost\.crt: the certificate cannot be used: one behind it in the file is damaged; take that out"),
    ("a key that cannot sign", make_kind,
     r"localhost\.crt: the certificate cannot be used: its key is of a kind that cannot sign" + ANOTHER),
    ("no certificate", lambda certs: (certs / "localhost.crt").write_text("not a certificate"),
     r"localhost\.crt: not a certificate in PEM form"),
    ("no key", lambda certs: (certs / "localhost.key").unlink(), r"localhost\.crt is there, but not its key"),
]


@pytest.mark.parametrize("make_wrong,complaint", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_certificate_ends_the_start_with_what_to_do(tmp_path, make_wrong, complaint):
    assert Server(tmp_path).end() == 0
    make_wrong(tmp_path / "certs")
    (tmp_path / "log").unlink()
    with pytest.raises(AssertionError, match=complaint) as failed:
        Server(tmp_path)
    log = str(failed.value)
    assert not re.search(r"(?m)^ready$", log) and "stopping" in log


REFUSED_BY_CLIENTS = [
    ("one that has ended", lambda certs: sign(certs, "-days", "-1"), r"and not now: clients will refuse it; put a renewed one to "),
    ("one of another name", lambda certs: sign(certs, name="elsewhere"),
     "does not name it: clients will refuse it; put one that does to "),
]


@pytest.mark.parametrize("make_wrong,complaint", [row[1:] for row in REFUSED_BY_CLIENTS], ids=[row[0] for row in REFUSED_BY_CLIENTS])
def test_an_authoritys_certificate_that_clients_will_refuse_is_told_of(tmp_path, make_wrong, complaint):
    assert Server(tmp_path).end() == 0
    make_wrong(tmp_path / "certs")
    (tmp_path / "log").unlink()
    server = Server(tmp_path)
    assert server.end() == 0
    assert re.search(f"certificate for localhost .*{complaint}{tmp_path}/certs/localhost.crt", server.log)


def test_a_certificate_that_no_server_would_take_is_found_before_the_start(tmp_path):
    make_weak(tmp_path)
    for command in ("cert", "check"):
        run = subprocess.run([ALMAGEST, command, "-c", str(ROOT / "capsule"), "--certs", str(tmp_path), "--host", "localhost"],
                             capture_output=True, text=True)
        assert run.returncode == 1 and "its key is too short to be safe" + ANOTHER in run.stdout + run.stderr, command


def certificates_of(server, n=12):
    """Of several visits, so that every worker is likely to be met."""
    def visit():
        with server.client() as client:
            return client.shake_hands().certificate
    return {visit() for _ in range(n)}


def test_a_reload_with_a_pair_that_cannot_be_used_changes_nothing(tmp_path):
    server = Server(tmp_path)
    try:
        before, workers = certificates_of(server), server.workers()
        for make_wrong, complaint in ((make_weak, ANOTHER), (lambda certs: make_another(certs / "localhost.crt"), MISFIT)):
            make_wrong(tmp_path / "certs")
            os.kill(server.process.pid, signal.SIGHUP)
            wait_for(lambda: re.search(complaint + "; the old settings stay", server.log))
            time.sleep(0.5)
            assert certificates_of(server) == before and server.workers() == workers
        make_another(tmp_path / "certs/localhost.crt", tmp_path / "certs/localhost.key")
        server.reload()
        assert certificates_of(server) == {der_of(tmp_path / "certs/localhost.crt")}
    finally:
        assert server.end() == 0


def test_a_pair_that_is_replaced_during_the_first_build_is_read_together(tmp_path):
    people = {f"people/p{i}.yaml": f"name: P{i}\ntagline: x\n" for i in range(6000)}
    capsule = write(tmp_path / "capsule", people)
    assert Server(tmp_path, capsule).end() == 0
    shutil.rmtree(tmp_path / "catalog")
    (tmp_path / "log").unlink()
    pair = [tmp_path / f"certs/localhost.{ending}" for ending in ("crt", "key")]
    make_another(tmp_path / "new.crt", tmp_path / "new.key")

    def replace():
        time.sleep(0.1)
        for path in pair:
            os.replace(tmp_path / f"new{path.suffix}", path)

    later = threading.Thread(target=replace)
    later.start()
    server = Server(tmp_path, capsule)
    try:
        later.join()
        assert certificates_of(server) == {der_of(pair[0])}
    finally:
        assert server.end() == 0


def test_a_clients_own_certificate_is_no_harm(directory, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=visitor",
            "-days", "2", "-keyout", str(key), "-out", str(certificate))
    for version in BOTH:
        context = trusting(version)
        context.load_cert_chain(certificate, key)
        assert directory.get("/about.gmi", context=context).status == "20"

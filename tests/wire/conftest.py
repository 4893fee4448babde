"""Servers that many tests share. Each test that was given one ends by asking it for a page: it must still answer."""

import pytest

from capsule import ROOT, Server, write

ADA = """\
name: Ada Lovelace
tagline: Wrote the first program
former_slugs: [ada-byron]
aliases: [Countess of Lovelace]
topics: [analytical engine]
organizations: [Somerville Circle]
start_here:
  - title: Notes on the Analytical Engine
    url: gemini://example.org/notes
    year: 1843
updated: 2026-01-02
"""

SMALL = {
    "capsule.yaml": "title: A Small Directory\nlanguage: en\ncontact: mailto:editor@example.org\n",
    "people/ada-lovelace.yaml": ADA,
    "people/charles-babbage.yaml": "# as written\nname: Charles Babbage\ntagline: Drew the engine\nupdated: 2026-01-03\n",
    "people/gone-away.yaml": "name: Gone Away\ntagline: Was here\nwithdrawn: Removed at the wish of the person\n",
    "people/to-be-removed.yaml": "name: To Be Removed\ntagline: Leaves soon\n",
    "files/paper.pdf": b"%PDF-1.4\n",
    "files/notes.txt": "Ré\n",
    "files/folder/inner.png": b"\x89PNG\r\n\x1a\n",
    "files/.hidden": "not for you\n",
    "files/folder/.secret/x.txt": "not for you\n",
    "files/3mib.bin": bytes(range(256)) * 4096 * 3,
    "files/10mib.bin": bytes(reversed(range(256))) * 4096 * 10,
    "secret.txt": "not for you\n",
}


def small_capsule(folder):
    write(folder, SMALL)
    (folder / "files" / "way-out.txt").symlink_to("../secret.txt")
    (folder / "files" / "way-out").symlink_to("../people")
    return folder


FIRST = ("test_worked_examples.py", "test_mirror.py", "test_export.py", "test_catalog.py")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: it measures a time, so nothing else may run beside it")


def pytest_collection_modifyitems(items):
    """Where several files run at once, the longest begin."""
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(scope="session")
def directory_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("directory"))
    yield server
    assert server.end() == 0


@pytest.fixture
def directory(directory_server):
    """The directory of this repository."""
    yield directory_server
    assert directory_server.is_alive()


@pytest.fixture(scope="session")
def small_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    server = Server(folder, small_capsule(folder / "capsule"), "--request-seconds", "2", "--write-seconds", "3")
    yield server
    assert server.end() == 0


@pytest.fixture
def small(small_server):
    """A capsule made for the tests, whose deadlines are short."""
    yield small_server
    assert small_server.is_alive()


@pytest.fixture
def start(tmp_path):
    """Starts servers of a test's own; each must answer at the end unless the test has ended it."""
    servers = []

    def begin(*options, capsule=None, workers=2):
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        servers.append(Server(folder, capsule or ROOT / "capsule", *options, workers=workers))
        return servers[-1]

    yield begin
    try:
        for server in servers:
            if server.process.poll() is None:
                assert server.is_alive()
    finally:
        statuses = [server.end() for server in servers]
    assert statuses == [0] * len(servers)


@pytest.fixture
def small_copy(tmp_path):
    """The small capsule again, for a test that edits it."""
    return small_capsule(tmp_path / "capsule")

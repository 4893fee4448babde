"""The golden files: what the program printed when somebody last read it through and found it right."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALMAGEST = os.path.abspath(os.environ.get("ALMAGEST", ROOT / "build" / "almagest"))
TODAY = "1780000000"  # 2026-05-28, so that no date in a test ever lies in the future


class Program:
    def __init__(self, regenerate):
        self.path = ALMAGEST
        self.root = ROOT
        self.regenerate = regenerate
        self.checked = {}  # what check said of capsules that no test changes

    def run(self, *words, cwd=None, today=TODAY):
        """Runs a command to its end: status, what it printed and what it complained of, as bytes."""
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        env.pop("SOURCE_DATE_EPOCH", None)
        if today:
            env["SOURCE_DATE_EPOCH"] = today
        words = [w if isinstance(w, bytes) else str(w) for w in words]
        done = subprocess.run([ALMAGEST, *words], capture_output=True, cwd=cwd, env=env, timeout=120,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def check(self, folder, today=TODAY):
        """What check says of a capsule, its paths within it, without the summary, which is held to be right here."""
        if not Path(folder).is_relative_to(ROOT / "tests"):
            return self.check_now(folder, today)
        if (folder, today) not in self.checked:
            self.checked[folder, today] = self.check_now(folder, today)
        return self.checked[folder, today]

    def check_now(self, folder, today):
        status, out, complaint = self.run("check", "-c", folder, today=today)
        if status == 2:
            return status, out, complaint
        *lines, summary = out.split(b"\n")[:-1]
        told = re.fullmatch(rb"(\d+) records?: (\d+) errors?, (\d+) warnings?", summary)
        assert told, summary
        records = [p for f in ("organizations", "people", "sources", "topics") for p in (Path(os.fsdecode(folder)) / f).rglob("*.yaml")
                   if not any(part.startswith(".") for part in p.relative_to(folder).parts)]
        kinds = [re.search(rb":\d+:\d+: (error|warning): ", line).group(1) for line in lines]
        assert [int(n) for n in told.groups()] == [len(records), kinds.count(b"error"), kinds.count(b"warning")]
        prefix = os.fsencode(folder).rstrip(b"/") + b"/"
        return status, b"".join(line.removeprefix(prefix) + b"\n" for line in lines), complaint

    def compare(self, printed, file):
        """What was printed is byte for byte what the file holds; --regenerate writes the file instead."""
        if self.regenerate:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(printed)
        assert file.exists(), f"{file.name} is missing; pytest --regenerate writes it, then read it through"
        expected = file.read_bytes()
        if printed != expected:
            assert printed.decode("utf-8", "replace") == expected.decode("utf-8", "replace")
        assert printed == expected


def pytest_addoption(parser):
    parser.addoption("--regenerate", action="store_true", help="write the expected files anew; read the difference")


@pytest.fixture(scope="session")
def almagest(request):
    return Program(request.config.getoption("--regenerate"))

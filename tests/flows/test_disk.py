"""A disk that takes no more, or none at all, ends a command with one line and leaves all as it was."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import run

# One worker runs both, so that the first documents are loaded once.
pytestmark = pytest.mark.xdist_group("disk")

FULL = """
import resource, sys
from flows.cli import run
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.exit(run(sys.argv[2:]))
"""
# Commands one after the other in one process, each followed by a line of its exit code.
EACH = """
import json, sys
from flows.cli import run
for arguments in json.loads(sys.argv[1]):
    print(f"exit code {run(arguments)}", file=sys.stderr)
"""
NAMESPACE = "mount --bind {data} {data} && mount -o remount,ro,bind {data} && {command}"


def documents(path: Path, number: int) -> Path:
    text = "From 1 March 20{}, Kuaishou no longer allows links to Taobao in live rooms."
    lines = [{"id": f"d{n}", "kind": "news", "text": text.format(n + 10)} for n in range(number)]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory into which two documents were loaded, to be copied."""
    place = tmp_path_factory.mktemp("few")
    assert run(["ingest", "--data", str(place / "data"), str(documents(place / "few.jsonl", 2))]) == 0
    return place / "data"


@pytest.fixture
def data(few: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(few, tmp_path / "data", symlinks=True))


def count(data: Path, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert run(["sql", "--data", str(data), "--json", "SELECT count(*) AS n FROM observation"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    return int(row["n"])


def digests(data: Path) -> dict[Path, str]:
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in data.rglob("*") if p.is_file()}


def test_a_full_disk_is_told_in_one_line_and_costs_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse = data / "warehouse.duckdb"
    before = count(data, capsys)
    more = documents(tmp_path / "more.jsonl", 20)

    done = subprocess.run(
        [sys.executable, "-c", FULL, str(warehouse.stat().st_size), "ingest", "--data", str(data), str(more)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith(f"linkpolicy: {warehouse}: cannot be written: ")
    assert count(data, capsys) == before
    assert run(["ingest", "--data", str(data), str(more)]) == 0, "with room again it goes on"
    assert count(data, capsys) > before


@pytest.mark.skipif(
    subprocess.run(
        ["sh", "-c", "unshare --mount --map-root-user mount -t tmpfs none /mnt"],
        capture_output=True, check=False,
    ).returncode != 0,
    reason="this machine lets nobody make a mount namespace, and root may write wherever chmod says no",
)  # fmt: skip
def test_a_read_only_data_directory_is_told_in_one_line_and_stays_as_it_is(
    data: Path, tmp_path: Path
) -> None:
    before = digests(data)
    given = (
        ["ingest", str(documents(tmp_path / "d.jsonl", 1))],
        ["run"],
        ["sql", "SELECT count(*) FROM observation"],
    )
    asked = json.dumps([[*arguments, "--data", str(data)] for arguments in given])
    # In a mount namespace the directory is read-only for root too.
    command = shlex.join([sys.executable, "-c", EACH, asked])
    script = NAMESPACE.format(data=shlex.quote(str(data)), command=command)
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = f"linkpolicy: {data}/state: cannot be written: Read-only file system; nothing was done"
    assert done.stderr.splitlines() == [*[told, "exit code 2"] * 2, "exit code 0"]
    assert done.stdout.splitlines()[-1] == "2"
    assert digests(data) == before

"""A data directory that cannot be written ends a command with one line and leaves all as it was."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import run

SCRIPT = "mount --bind {data} {data} && mount -o remount,ro,bind {data} && {command}"


def read_only(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a mount namespace in which the data directory is read-only, for root too."""
    command = shlex.join([sys.executable, "-m", "flows.cli", *arguments, "--data", str(data)])
    script = SCRIPT.format(data=shlex.quote(str(data)), command=command)
    return subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def digests(data: Path) -> dict[Path, str]:
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in data.rglob("*") if p.is_file()}


@pytest.mark.skipif(
    subprocess.run(
        ["sh", "-c", "unshare --mount --map-root-user mount -t tmpfs none /mnt"],
        capture_output=True, check=False,
    ).returncode != 0,
    reason="this machine lets nobody make a mount namespace, and root may write wherever chmod says no",
)  # fmt: skip
def test_a_read_only_data_directory_is_told_in_one_line_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, document = tmp_path / "data", tmp_path / "d.jsonl"
    document.write_text('{"id": "d", "text": "From 1 March 2022, Kuaishou blocks links to Taobao."}\n')
    assert run(["ingest", "--data", str(data), str(document)]) == 0
    capsys.readouterr()
    before = digests(data)
    for arguments in (["ingest", str(document)], ["run"]):
        done = read_only(data, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert done.stderr == (
            f"linkpolicy: {data}/state: cannot be written: Read-only file system; nothing was done\n"
        )
    assert digests(data) == before
    assert read_only(data, "sql", "SELECT count(*) FROM observation").returncode == 0

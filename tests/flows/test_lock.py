"""One run at a time, also after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.errors import BusyError, InputError
from flows.lock import only_run

HOLD = """
import pathlib, sys, time
from flows.lock import only_run
with only_run(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(state: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_run_leaves_and_a_killed_one_frees_the_lock(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    with pytest.raises(BusyError, match=f"process {holder.pid}"), only_run(tmp_path):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with only_run(tmp_path):
        pass


def test_a_second_run_may_wait(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    started = time.monotonic()
    subprocess.Popen(["/bin/sh", "-c", f"sleep 0.5; kill -9 {holder.pid}"])
    with only_run(tmp_path, wait=True, poll=0.05):
        assert time.monotonic() - started > 0.3
    holder.wait()


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), only_run(tmp_path / "file" / "state"):
        pass

"""Nights of the simulated year in a process that is killed again and again, at random moments of a night."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LONG = 1.2  # a kill may come a little after the usual end of a night: while the next one begins
_USUAL = 1.5  # seconds of a night until some have been seen


def killed_nights(data: Path, nights: int, kills: int, seed: int = 5) -> Iterator[dict[str, Any]]:
    """Play nights in processes of their own and kill them with SIGKILL; yield the lines of `year.main`.

    A line tells of one night; `fresh` is true if it was the first of its process, `kills` counts the kills so
    far. A night that was killed after it had been recorded has no line.

    Args:
        data: directory of the simulation.
        nights: to play.
        kills: how many, spread over the nights by chance.
        seed: of the chance.
    """
    chance = random.Random(seed)  # noqa: S311 - a game, not a secret
    planned = sorted(chance.choices(range(1, nights), k=kills))
    seen: list[float] = []
    done = 0
    while True:
        process = _start(data, nights)
        assert process.stdout is not None
        fresh = True
        for text in process.stdout:
            line = json.loads(text)
            yield line | {"fresh": fresh, "kills": done}
            if not fresh:
                seen.append(line["seconds"])
            fresh = False
            if planned and line["night"] + 1 >= planned[0]:
                planned.pop(0)
                time.sleep(chance.random() * _LONG * (sorted(seen)[len(seen) // 2] if seen else _USUAL))
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    done += 1
                break
        if process.wait() == 0:
            return
        if process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the nights ended with exit code {process.returncode}")


def _start(data: Path, nights: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.flows.year", "--nights", str(nights), "--data", str(data)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)

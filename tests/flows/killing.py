"""Nights of the simulated year in a process that is killed again and again, at random moments of a night.

Run as a module, this file is where the nights are played: in a fork of a process that has done no more than
import what a night needs, so that a start costs hundredths of a second and not five.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
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
    done, player, fresh = 0, 0, True
    with _start(data, nights) as process:
        assert process.stdout is not None
        for text in process.stdout:
            line = json.loads(text)
            if "player" in line:
                player, fresh = line["player"], True
                continue
            yield line | {"fresh": fresh, "kills": done}
            if not fresh:
                seen.append(line["seconds"])
            fresh = False
            if player and planned and line["night"] + 1 >= planned[0]:
                planned.pop(0)
                time.sleep(chance.random() * _LONG * (sorted(seen)[len(seen) // 2] if seen else _USUAL))
                with suppress(ProcessLookupError):  # the last night has ended by itself
                    os.killpg(player, signal.SIGKILL)
                    done += 1
                player = 0  # what is still to be read comes from the dead
        if process.wait() != 0:
            raise RuntimeError(f"the nights ended with exit code {process.returncode}")


def _start(data: Path, nights: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.flows.killing", "--nights", str(nights), "--data", str(data)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def main() -> int:
    """Play the nights as `year.main` does, anew after each kill; the line of each start names its process."""
    # What a night imports on its way; nothing is opened, for a fork takes no threads along.
    from flows.reading import check_extractor
    from tests.flows import year

    for name in ("crawlers.text", "flows.exports", "warehouse.load", "warehouse.publish"):
        import_module(name)
    check_extractor()
    while True:
        player = os.fork()
        if player == 0:
            os.setsid()
            sys.stdout.write(json.dumps({"player": os.getpid()}) + "\n")
            sys.stdout.flush()
            code = year.main()
            sys.stdout.flush()
            os._exit(code)
        _, status = os.waitpid(player, 0)
        if not os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status)
        if os.WTERMSIG(status) != signal.SIGKILL:
            return 128 + os.WTERMSIG(status)


if __name__ == "__main__":
    sys.exit(main())

"""The lake: what is published, for many analysts on many machines; nothing that fails in it stops a run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.settings import Settings, environment_for_postgres

if TYPE_CHECKING:
    from warehouse.lake import Lake

_LONGEST = 900.0  # seconds; a million observations take a tenth of that


def lake_of(settings: Settings) -> Lake:
    """Return where the lake is.

    Raises:
        InputError: the settings name none.
    """
    from warehouse.lake import Lake

    if settings.lake is None:
        raise InputError("there is no lake: LINKPOLICY_LAKE says how its Postgres is reached")
    data = (settings.lake_data or settings.data / "lake").resolve()
    return Lake(settings.lake, f"{data}/", settings.lake_schema)


def write_lake(settings: Settings) -> tuple[str, ...]:
    """Write what is published into the lake, if there is one; return one line if that failed.

    In a process of its own: a server that stops answering or a fault in an extension takes no run along.
    """
    if settings.lake is None:
        return ()
    lake = lake_of(settings)
    asked = {
        "published": str(settings.published_file),
        "catalogue": lake.catalogue,
        "data": lake.data,
        "schema": lake.schema,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "warehouse.lake"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            env=environment_for_postgres(),
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return (f"lake: not written (no end after {_LONGEST / 60:.0f} minutes)",)
    except OSError as error:
        return (f"lake: not written ({error})",)
    if done.returncode < 0:
        return (f"lake: not written (its process died of signal {-done.returncode})",)
    return tuple(done.stderr.strip().splitlines()[-1:]) if done.returncode else ()

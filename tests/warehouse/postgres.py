"""A Postgres server of our own for tests, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def programs() -> Path | None:
    """The directory of `initdb`, `pg_ctl` and `createdb`, None without an installed server."""
    found = shutil.which("postgres") or shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    if config := shutil.which("pg_config"):  # Debian keeps the server's programs off the path
        place = subprocess.run(
            [config, "--bindir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        return Path(place) if (Path(place) / "initdb").exists() else None
    return None


@contextmanager
def serving(bin_directory: Path) -> Iterator[Path]:
    """Serve on a socket in a new directory, which is yielded; the superuser `postgres` has no password."""
    # Postgres refuses to be run by root, and pytest's directories are closed to everybody else.
    user = "nobody" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="lake-") as name:
        place = Path(name)
        if user:
            shutil.chown(place, user)
        base = ["-D", str(place / "base")]

        def call(program: str, *arguments: str) -> None:
            command = [str(bin_directory / program), *arguments]
            subprocess.run(command, cwd=place, user=user, check=True, stdout=subprocess.DEVNULL)

        call("initdb", *base, "-A", "trust", "-U", "postgres", "--no-sync")
        options = f"-k {place} -c listen_addresses='' -F"
        call("pg_ctl", *base, "-w", "-l", str(place / "log"), "-o", options, "start")
        try:
            yield place
        finally:
            call("pg_ctl", *base, "-m", "immediate", "stop")

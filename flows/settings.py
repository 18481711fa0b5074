"""The only reader of the environment: all settings, each with the prefix LINKPOLICY_."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.errors import InputError

_SECRET = re.compile(r"\$\{(LINKPOLICY_[A-Z0-9_]+)\}")

_LONGEST_DAYS = 365_000  # a thousand years: what is much longer leads out of the calendar
_LONGEST_HOURS = 24 * _LONGEST_DAYS


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # `Asia` is a directory
        raise ValueError("must be a time zone like Asia/Shanghai") from None
    return name


def _catalogue(text: str) -> str:
    if not re.match(r"postgres(ql)?://|\w+ *=", text):
        raise ValueError("must say how Postgres is reached: `host=... dbname=...` or `postgresql://...`")
    if re.search(r"password *=|://[^/@]*:[^/@]*@", text):
        raise ValueError("must not hold the password: Postgres's ~/.pgpass or PGPASSFILE does")
    return text


class Settings(BaseSettings):
    """How this machine runs the pipeline; what to watch stands in reviewed files instead.

    Attributes:
        data: holds archive/, published/, state/, alerts/ and warehouse.duckdb.
        sources: directory of source declarations, None for those that come with the program.
        alerts: routing rules (TOML), None for `alerts.toml` in the data directory, if it is there.
        template: file that replaces the wording of an alert, None for the built-in one.
        contact: address that site owners find in the crawler's user agent.
        cron, timezone: when the night starts.
        busy: what a second start does while a run is going on: `leave` or `wait`.
        parallel_sources: sources crawled at the same time.
        source_timeout: seconds after which the crawl of one source is stopped.
        keep_published: published files kept, the current one included.
        alert_max_age_days: a change that took effect longer ago than this is history, not news.
        missed_after_hours: hours without a finished night after which one counts as missed.
        operator_channel: channel of health alerts, None for none.
        lake: Postgres catalogue of a lake that is written with each publishing, None for none.
        lake_data: directory of the lake's Parquet files, None for `lake` in the data directory.
        lake_schema: part of the lake that belongs to this warehouse.
    """

    model_config = SettingsConfigDict(env_prefix="LINKPOLICY_", frozen=True, extra="ignore")

    data: Path = Path("data")
    sources: Path | None = None
    alerts: Path | None = None
    template: Path | None = None
    contact: str = ""
    cron: str = "15 3 * * *"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    busy: Literal["leave", "wait"] = "leave"
    parallel_sources: Annotated[int, Field(ge=1, le=64)] = 4
    source_timeout: Annotated[float, Field(gt=0)] = 900.0
    keep_published: Annotated[int, Field(ge=1)] = 3
    alert_max_age_days: Annotated[int, Field(ge=0, le=_LONGEST_DAYS)] = 60
    missed_after_hours: Annotated[float, Field(gt=0, le=_LONGEST_HOURS)] = 30.0
    operator_channel: str | None = None
    lake: Annotated[str, AfterValidator(_catalogue)] | None = None
    lake_data: Path | None = None
    lake_schema: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "main"

    @property
    def archive(self) -> Path:
        """Directory of the WARC files."""
        return self.data / "archive"

    @property
    def warehouse(self) -> Path:
        """The writer's own DuckDB file."""
        return self.data / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Directory of what analysts and receivers read."""
        return self.data / "published"

    @property
    def published_file(self) -> Path:
        """Link to the current published DuckDB file."""
        return self.published / "policy.duckdb"

    @property
    def state(self) -> Path:
        """Directory of the lock and of runs that are not finished."""
        return self.data / "state"

    @property
    def alerts_log(self) -> Path:
        """JSON-lines file that receives each alert of the channel `file`."""
        return self.data / "alerts" / "alerts.jsonl"

    @property
    def routes(self) -> Path | None:
        """Routing rules to use, None if there are none."""
        if self.alerts is not None:
            return self.alerts
        usual = self.data / "alerts.toml"
        return usual if usual.is_file() else None


def load_settings(**given: Any) -> Settings:
    """Read the environment; arguments that are not None go before it.

    Raises:
        InputError: a value is not allowed.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        wanted = first["msg"].removeprefix("Value error, ")
        shown = "" if name == "lake" else f", not {first['input']!r}"  # it may hold a password all the same
        raise InputError(f"setting LINKPOLICY_{name.upper()}: {wanted}{shown}") from None


def fill_secrets(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Replace each `${LINKPOLICY_...}` by its value, so that secrets stay out of files.

    Raises:
        InputError: the variable is not set.
    """
    known = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise InputError(f"environment variable {match[1]} is not set")
        return known[match[1]]

    return _SECRET.sub(value, text)


def calm_prefect() -> None:
    """Set what Prefect must know before it is imported: no analytics, no noise on stderr, time to start.

    Runs and their logs go to the API all the same. Without a server Prefect starts a temporary one, which
    takes 10 to 30 s of CPU, more than the 20 s it gives itself. What the user has set is left alone.
    """
    for name, value in {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        "PREFECT_SERVER_API_BLOCKS_REGISTER_ON_START": "false",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    }.items():
        os.environ.setdefault(name, value)


def prefect_variable(name: str, default: str | Path = "") -> str:
    """Return a variable that the user has set for Prefect."""
    return os.environ.get(name) or str(default)


def tell_prefect(**variables: str) -> None:
    """Set variables that Prefect reads when it is imported, in this process and in those it starts."""
    os.environ.update(variables)


def use_one_core_each() -> None:
    """Let processes started from now on multiply matrices on one core: together they fill all of them."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def environment_for_postgres() -> dict[str, str]:
    """Return the environment for a process that asks Postgres: it waits for a machine ten seconds at most."""
    return {"PGCONNECT_TIMEOUT": "10", **os.environ}


def environment_with(**variables: str) -> dict[str, str]:
    """Return the environment for another process, with these variables added."""
    return {**os.environ, **variables}

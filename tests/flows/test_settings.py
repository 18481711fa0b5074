"""The environment is read in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flows
from flows.errors import InputError
from flows.settings import fill_secrets, load_settings


def test_the_environment_counts_and_arguments_go_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LINKPOLICY_DATA", "/srv/linkpolicy")
    monkeypatch.setenv("LINKPOLICY_PARALLEL_SOURCES", "7")
    assert load_settings().warehouse == Path("/srv/linkpolicy/warehouse.duckdb")
    assert load_settings(data=tmp_path, sources=None).data == tmp_path
    assert load_settings().parallel_sources == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BUSY", "shout"),
        ("PARALLEL_SOURCES", "0"),
        ("TIMEZONE", "Mars/Base"),
        ("TIMEZONE", "Asia"),
        ("TIMEZONE", "../UTC"),
        ("ALERT_MAX_AGE_DAYS", "999999"),
        ("MISSED_AFTER_HOURS", "inf"),
    ],
)
def test_a_wrong_value_is_told_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LINKPOLICY_{name}", value)
    with pytest.raises(InputError, match=f"setting LINKPOLICY_{name}: .*{value}") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_secrets_come_from_the_environment() -> None:
    assert fill_secrets("https://x/${LINKPOLICY_T}", {"LINKPOLICY_T": "1"}) == "https://x/1"
    assert fill_secrets("${HOME}", {}) == "${HOME}"
    with pytest.raises(InputError, match="LINKPOLICY_T is not set"):
        fill_secrets("${LINKPOLICY_T}", {})


def test_only_settings_reads_the_environment() -> None:
    readers = re.compile(r"os\.environ|getenv")
    package = Path(flows.__file__).parent
    found = {p.name for p in package.rglob("*.py") if readers.search(p.read_text(encoding="utf-8"))}
    assert found == {"settings.py"}

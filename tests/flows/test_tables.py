"""What `linkpolicy policy` makes of the names that it is given."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from flows.cli import run
from tests.warehouse.sample import make_sample
from warehouse.services import named

HELD = ["policy", "--on", "2022-06-01"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("tables")).parents[1]


@pytest.mark.parametrize("name", ["kuaishou", "Kuaishou", "快手"])
def test_a_platform_goes_by_any_of_its_names(
    data: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*HELD, "--platform", name, "--data", str(data)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()[1:]
    assert (len(lines), {line.split("\t")[0] for line in lines}) == (5, {"kuaishou"})
    assert said.err == ""


def test_a_name_that_nobody_knows_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*HELD, "--platform", "kuaisho", "--data", str(data)]) == 0
    said = capsys.readouterr()
    assert said.out == "no policy is known for 2022-06-01\n"
    assert "no service is known as kuaisho" in said.err


def test_a_file_that_holds_no_names_is_asked_by_slugs() -> None:
    with duckdb.connect() as older:
        assert named(older, "Kuaishou") == (("kuaishou",), None)
        assert "ask by slug" in (named(older, "快手").doubt or "")

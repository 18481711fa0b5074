"""What `linkpolicy policy` makes of the names that it is given."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("known", ["9999-12-30", "9999-12-31"])
def test_on_the_last_day_is_known_what_is_known_now(
    data: Path, known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*HELD, "--data", str(data)]) == 0
    now = capsys.readouterr().out
    assert run([*HELD, "--known", known, "--data", str(data)]) == 0
    assert capsys.readouterr().out == now
    assert now.count("\n") > 1


ODD = (
    "SELECT 'nan'::DOUBLE AS n, ['-inf'::FLOAT, 1.5] AS f, "
    "MAP {DATE '2022-03-01': {'x': 'inf'::DOUBLE}} AS m, MAP {1: true} AS i, "
    "MAP {false: 1} AS b, 1 AS a, 2 AS a, 3 AS a_2, 4 AS a"
)


def test_all_that_sql_gives_is_printed_as_json(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sql", "--json", ODD, "--data", str(data)]) == 0

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    [row] = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert row == {
        "n": None, "f": [None, 1.5], "m": {"2022-03-01": {"x": None}}, "i": {"1": True}, "b": {"false": 1},
        "a": 1, "a_3": 2, "a_2": 3, "a_4": 4,
    }  # fmt: skip
    assert run(["sql", "SELECT 1 AS a, 2 AS a", "--data", str(data)]) == 0
    assert capsys.readouterr().out == "a\ta_2\n1\t2\n"

"""Publishing: verified, read-only, atomic; and the checks that guard it."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from extract.records import Document
from extract.vocabulary import load_vocabulary
from tests.warehouse.helpers import batch, fact, reading
from tests.warehouse.test_history import some_night
from warehouse.checks import CheckError, check_names, run_check
from warehouse.dictionary import data_dictionary
from warehouse.load import load_batch
from warehouse.manifest import manifest_path
from warehouse.publish import export, publish
from warehouse.records import WarehouseError
from warehouse.stage import stage
from warehouse.store import connect

ROOT = Path(__file__).parents[2]
TEXT = "Links to Taobao are removed from 1 March."


def load(path: Path, number: int) -> None:
    """One more night with one more rule."""
    text = f"{TEXT} Number {number}."
    known = (datetime.fromisoformat("2022-02-23T03:00") + timedelta(days=number)).isoformat()
    found = fact(text, target=f"shop_{number}", start="2022-03-01")
    with connect(path) as connection:
        load_batch(connection, batch(f"n{number}", reading(text, found), known=known), lambda _: ["console"])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """A warehouse with one night in it, closed, to copy."""
    path = Path(copy(template, tmp_path_factory.mktemp("first") / "warehouse.duckdb"))
    load(path, 1)
    return path


@pytest.fixture
def loaded(first: Path, tmp_path: Path) -> Path:
    """A warehouse with one night in it, closed."""
    copy(manifest_path(first), tmp_path)
    return Path(copy(first, tmp_path))


@pytest.fixture(scope="module")
def night(first: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same, open."""
    with connect(Path(copy(first, first.with_name("open.duckdb")))) as connection:
        yield connection


@pytest.fixture
def one_night(night: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same, to be damaged: what a test does to it is taken back."""
    night.execute("BEGIN")
    yield night
    night.execute("ROLLBACK")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with news, pages, newer rules and verdicts of some nights, and what is published of it."""
    directory = tmp_path_factory.mktemp("kept")
    path = Path(copy(template, directory / "warehouse.duckdb"))
    rng = random.Random(2)  # noqa: S311
    past: list[Document] = []
    with connect(path) as connection:
        for number in range(1, 9):
            load_batch(connection, some_night(number, connection, rng, past))
    link = publish(path, directory / "published")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS warehouse (READ_ONLY)")
        connection.execute(f"ATTACH '{link}' AS published (READ_ONLY)")
        yield connection


def test_an_analyst_reads_the_published_file(loaded: Path, tmp_path: Path) -> None:
    link = publish(loaded, tmp_path / "published")
    assert link.is_symlink()
    assert link.resolve().stat().st_mode & 0o777 == 0o444
    with duckdb.connect(str(link), read_only=True) as analyst:
        tables = {row[0] for row in analyst.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        slim = {"slim_document", "slim_passage", "slim_statement", "slim_rule", "slim_change"}
        assert tables == {"run", "source_run", "scope", "service"} | slim
        assert analyst.execute("SELECT platform, action, sentence FROM policy_current").fetchall() == [
            ("kuaishou", "block", f"{TEXT} Number 1.")
        ]
        assert analyst.execute("SELECT count(*) FROM evidence").fetchone() == (1,)
        assert analyst.execute("SELECT text FROM document").fetchall() == [(None,)]
    first = link.resolve()
    assert publish(loaded, tmp_path / "published").resolve() == first, "once more is harmless"


@pytest.mark.parametrize(
    ("name", "only"),
    [
        ("policy_history", ""),
        ("policy_change", ""),
        ("evidence", ""),
        ("policy", ""),
        ("support", ""),
        ("change", ""),
        ("observation", "WHERE observation_id IN (SELECT observation_id FROM published.observation)"),
        ("document", "WHERE document_id IN (SELECT document_id FROM published.document)"),
    ],
)
def test_the_slim_file_gives_back_what_the_warehouse_holds(
    kept: duckdb.DuckDBPyConnection, name: str, only: str
) -> None:
    """Every row and column; what is left out on purpose stands in the columns' comments."""
    columns = {column for (column, *_) in kept.execute(f"DESCRIBE warehouse.{name}").fetchall()}
    asked = ", ".join(sorted(columns - {"document": {"text"}, "policy": {"evidence_ids"}}.get(name, set())))
    there = f"SELECT {asked} FROM warehouse.{name} {only}"  # noqa: S608 - our own names
    here = f"SELECT {asked} FROM published.{name}"  # noqa: S608
    assert len(kept.execute(here).fetchall()) > 5
    assert kept.execute(f"({there}) EXCEPT ALL ({here})").fetchall() == []
    assert kept.execute(f"({here}) EXCEPT ALL ({there})").fetchall() == []


def test_evidence_is_found_by_the_ids_that_answers_and_changes_give(kept: duckdb.DuckDBPyConnection) -> None:
    lists = kept.execute(
        "SELECT evidence_ids FROM published.policy_change WHERE len(evidence_ids) > 0 "
        "UNION SELECT against_ids FROM published.support WHERE len(against_ids) > 0 "
        "UNION SELECT [cause_id] FROM published.policy UNION SELECT []"
    ).fetchall()
    assert len(lists) > 5
    found = []
    for file in ("warehouse", "published"):
        kept.execute(f"USE {file}")  # where a macro looks for its tables
        found.append([kept.execute("FROM evidence_of($ids)", {"ids": ids}).fetchall() for (ids,) in lists])
    kept.execute("USE memory")
    assert found[0] == found[1]
    assert [{row[0] for row in rows} for rows in found[1]] == [set(ids) for (ids,) in lists]


def test_old_files_stay_for_readers_and_then_go(loaded: Path, tmp_path: Path) -> None:
    published = tmp_path / "published"
    with duckdb.connect(str(publish(loaded, published, keep=2)), read_only=True) as reader:
        for number in (2, 3):
            load(loaded, number)
            publish(loaded, published, keep=2)
        assert reader.execute("SELECT count(*) FROM run").fetchone() == (1,)  # it keeps what it opened
    assert [file.name for file in sorted(published.iterdir())] == [
        "policy-000002.duckdb", "policy-000003.duckdb", "policy.duckdb",
    ]  # fmt: skip


def test_what_a_killed_publisher_left_is_cleared_away(loaded: Path, tmp_path: Path) -> None:
    unfinished = tmp_path / "published" / ".policy-000001.duckdb.4711.tmp"
    aside = unfinished.with_name(unfinished.name + ".tmp")  # where DuckDB puts what memory does not hold
    aside.mkdir(parents=True)
    for left in (unfinished, aside / "duckdb_temp_storage_DEFAULT-0.tmp"):
        left.write_bytes(b"half")
    published = publish(loaded, tmp_path / "published")

    assert {file.name for file in published.parent.iterdir()} == {"policy-000001.duckdb", "policy.duckdb"}


def test_a_failing_check_keeps_the_last_good_file(loaded: Path, tmp_path: Path) -> None:
    good = publish(loaded, tmp_path / "published").resolve()
    load(loaded, 2)
    with connect(loaded) as connection:
        connection.execute("INSERT INTO policy FROM policy LIMIT 1")
        connection.execute("UPDATE observation SET evidence = 'never said' WHERE target = 'shop_2'")
    with pytest.raises(CheckError, match="overlapping_intervals") as error:
        publish(loaded, tmp_path / "published")
    names = {failure.name for failure in error.value.failures}
    assert names >= {"overlapping_intervals", "evidence_matches_document"}
    assert (tmp_path / "published" / "policy.duckdb").resolve() == good
    assert [file.name for file in (tmp_path / "published").iterdir() if file.name.startswith(".")] == []


_NEIGHBOURS = """
UPDATE policy SET valid_to = DATE '2022-04-01';
INSERT INTO policy SELECT * REPLACE (valid_to AS valid_from, DATE '2023-01-01' AS valid_to) FROM policy;
"""


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        (
            "overlapping_intervals",
            "INSERT INTO policy SELECT * REPLACE (valid_from + 1 AS valid_from) FROM policy",
        ),
        ("empty_intervals", "UPDATE policy SET valid_to = valid_from"),
        ("unmerged_neighbours", _NEIGHBOURS),
        ("gaps_in_known_time", "UPDATE policy SET known_from = TIMESTAMP '2001-01-01'"),
        ("known_in_the_future", "UPDATE run SET known_at = now()::TIMESTAMP + INTERVAL 9 DAY"),
        ("ledger_order", "UPDATE run SET number = 5"),
        ("orphaned_evidence", "UPDATE change SET evidence_ids = [uuid()]"),
        ("orphaned_observations", "DELETE FROM document"),
        ("evidence_matches_document", "UPDATE observation SET evidence_start = 3"),
        ("doubled_ids", "INSERT INTO observation FROM observation"),
        ("key_collisions", "INSERT INTO policy SELECT * REPLACE ('x' AS platform) FROM policy"),
        ("alerts_without_change", "DELETE FROM change"),
        ("published_in_the_future", "UPDATE observation SET said_on = DATE '2031-01-01'"),
        ("malformed_slugs", "UPDATE policy SET target = 'Tao Bao'"),
        ("malformed_slugs", "UPDATE policy SET platform = 'kuai__shou'"),
        ("unknown_slugs", "UPDATE policy SET surface = 'attic'"),
        ("unknown_slugs", "UPDATE policy SET platform = 'ecommerce'"),
        ("unknown_slugs", "UPDATE policy SET region = 'UK'"),
        ("lost_belief", "UPDATE policy SET known_to = TIMESTAMP '2022-03-01'"),
        ("rows_without_run", "UPDATE observation SET run_id = 'n7'"),
        ("support_matches_policy", "DELETE FROM support"),
        ("far_dates", "UPDATE policy SET valid_from = DATE '1970-01-01'"),
        ("contradictions", "UPDATE policy SET contested = true"),
    ],
)  # fmt: skip
def test_each_check_finds_its_damage(one_night: duckdb.DuckDBPyConnection, name: str, damage: str) -> None:
    assert run_check(one_night, name) is None
    one_night.execute(damage)
    failure = run_check(one_night, name)
    assert failure is not None
    assert failure.severity == ("warn" if name in {"far_dates", "contradictions"} else "error")


def test_every_check_is_tested() -> None:
    marks = test_each_check_finds_its_damage.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == set(check_names())


def test_the_checks_know_what_the_extractor_may_say(one_night: duckdb.DuckDBPyConnection) -> None:
    """Closed lists in the check are those of the vocabulary; a service that nobody has listed is welcome."""
    vocabulary = load_vocabulary()
    files = [ROOT / "extract" / "rules" / lang / "regions.toml" for lang in ("en", "zh")]
    regions = {rule["region"] for file in files for rule in tomllib.loads(file.read_text("utf-8"))["rule"]}
    services = [*vocabulary.services, "some_new_service_2"]
    said: list[dict[str, str]] = [
        *({"surface": surface} for surface in vocabulary.surfaces),
        *({"target": target} for target in [*vocabulary.targets, *services]),
        *({"platform": service} for service in services),
        *({"region": region} for region in regions),
    ]
    rule = {"platform": "kuaishou", "surface": "live", "target": "taobao"}
    _put(one_night, (rule | part for part in said))
    for name in ("malformed_slugs", "unknown_slugs"):
        assert run_check(one_night, name) is None
    _put(one_night, (rule | {"platform": target} for target in vocabulary.targets))
    failure = run_check(one_night, "unknown_slugs")
    assert failure is not None
    assert failure.count == len(vocabulary.targets)


def _put(connection: duckdb.DuckDBPyConnection, rules: Iterable[dict[str, str]]) -> None:
    stage(connection, "rule", "policy", rules)
    names = ", ".join(f"rule.{name} AS {name}" for name in ("platform", "surface", "target", "region"))
    connection.execute(
        f"INSERT INTO policy SELECT p.* REPLACE ({names}) FROM (FROM policy LIMIT 1) p, rule"  # noqa: S608
    )


def test_an_empty_warehouse_can_be_published(path: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(publish(path, tmp_path / "published")), read_only=True) as analyst:
        assert analyst.execute("SELECT count(*) FROM policy_current").fetchone() == (0,)


def test_a_warehouse_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="not published"):
        publish(tmp_path / "none.duckdb", tmp_path / "published")


def test_export_writes_parquet_and_csv(loaded: Path, tmp_path: Path) -> None:
    files = export(publish(loaded, tmp_path / "published"), tmp_path / "export")
    assert {file.suffix for file in files} == {".parquet", ".csv"}
    with duckdb.connect() as analyst:
        for file in files:
            assert (
                len(
                    analyst.from_parquet(str(file))
                    if file.suffix == ".parquet"
                    else analyst.from_csv_auto(str(file))
                )
                >= 0
            )
        history = analyst.from_parquet(str(tmp_path / "export" / "policy_history.parquet"))
        assert history.project("action").fetchall() == [("block",)]


def test_the_data_dictionary_is_up_to_date() -> None:
    assert (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8") == data_dictionary()

"""Opening: creation, migration, refusal. What damage does stands in test_damage.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.helpers import batch, fact, reading
from warehouse.categories import close_scopes, load_categories
from warehouse.load import load_batch
from warehouse.manifest import manifest_path
from warehouse.records import Service, WarehouseError
from warehouse.services import set_services
from warehouse.store import SCHEMA_VERSION, connect, migrate, migrations

TEXT = "Links are blocked."
ROOT = Path(__file__).parents[2]


def schema(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal "
        "ORDER BY ALL"
    ).fetchall()


def load(path: Path, run_id: str) -> None:
    with connect(path) as connection:
        load_batch(connection, batch(run_id, reading(f"{TEXT} {run_id}", fact(f"{TEXT} {run_id}"))))


@pytest.mark.parametrize("version", [number for number, _, _ in migrations()])
def test_every_version_can_be_brought_up_to_date(tmp_path: Path, version: int) -> None:
    old = tmp_path / "old.duckdb"
    with duckdb.connect(str(old)) as connection:
        migrate(connection, old, upto=version)
    with connect(old) as connection, connect(tmp_path / "new.duckdb") as new:
        assert schema(connection) == schema(new)
        assert connection.execute("SELECT max(number) FROM schema_version").fetchone() == (SCHEMA_VERSION,)


def test_everything_has_a_comment(connection: duckdb.DuckDBPyConnection) -> None:
    missing = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL "
        "AND database_name <> 'temp' "
        "UNION ALL SELECT table_name, NULL FROM duckdb_tables() WHERE comment IS NULL AND NOT temporary "
        "UNION ALL SELECT view_name, NULL FROM duckdb_views() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT function_name, NULL FROM duckdb_functions() "
        "WHERE NOT internal AND function_type LIKE '%macro' AND comment IS NULL AND database_name <> 'temp'"
    ).fetchall()
    assert missing == []


def test_a_newer_file_is_refused(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (999, '999_future')")
    with pytest.raises(WarehouseError, match=r"schema version 999 is newer than this program knows \(\d+\)"):
        connect(path)


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE mine (a INTEGER)")
    with pytest.raises(WarehouseError, match="not a warehouse of linkpolicy"):
        connect(path)
    (tmp_path / "text").write_text("no database")
    with pytest.raises(WarehouseError, match="cannot be opened"):
        connect(tmp_path / "text")


def test_a_missing_file_is_not_made_for_reading(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="no such file"):
        connect(tmp_path / "none.duckdb", read_only=True)


@contextmanager
def another_writer(path: Path, *statements: str) -> Iterator[subprocess.Popen[str]]:
    """A process that opens the warehouse, runs statements and waits for the end of its input."""
    script = (
        "import sys; from pathlib import Path; from warehouse.store import connect\n"
        "c = connect(Path(sys.argv[1])); [c.execute(s) for s in sys.argv[2:]]; print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path), *statements],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        yield holder
        holder.communicate("")


def test_a_second_writer_is_told_to_wait(path: Path) -> None:
    with another_writer(path), pytest.raises(WarehouseError, match="in use by another process"):
        connect(path)


def test_what_a_killed_writer_put_aside_is_cleared_away(path: Path) -> None:
    many = "CREATE TEMP TABLE many AS SELECT md5(n::VARCHAR) AS word FROM range(1000000) AS numbers(n)"
    with another_writer(path, "SET memory_limit = '30MB'", many) as writer:
        [aside] = path.parent.glob("*.tmp")
        assert list(aside.iterdir())
        writer.kill()
    assert list(aside.iterdir())
    with connect(path) as first:
        first.execute("SET memory_limit = '30MB'")
        first.execute(many)
        connect(path).close()  # in one process it is the same database, and takes nothing away
        assert first.execute("SELECT count(DISTINCT word) FROM many").fetchone() == (1000000,)

    assert list(path.parent.glob("*.tmp")) == []


def test_an_unreadable_manifest_is_reported(path: Path) -> None:
    load(path, "n1")
    manifest_path(path).write_text("{")
    with pytest.raises(WarehouseError, match="not a readable manifest"):
        connect(path)


def test_a_ledger_ahead_of_the_manifest_is_fine(path: Path) -> None:
    load(path, "n1")
    old = manifest_path(path).read_text()
    load(path, "n2")
    manifest_path(path).write_text(old)
    load(path, "n3")
    assert json.loads(manifest_path(path).read_text())["number"] == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(WarehouseError, match="cannot be opened"):
        connect(tmp_path / "w.duckdb")


def test_categories_are_closed_over_all_steps() -> None:
    assert ("region", "FR", "EEA", 2) in close_scopes("region", load_categories()["region"])
    assert ("target", "tmall", "ecommerce", 2) in close_scopes(
        "target", {"tmall": ["taobao"], "taobao": ["ecommerce"]}
    )


def test_a_category_that_contains_itself_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    loop = [Service("a", categories=frozenset("b")), Service("b", categories=frozenset("a"))]
    with pytest.raises(WarehouseError, match="contains itself"):
        set_services(connection, loop)


def test_services_are_replaced_whole(connection: duckdb.DuckDBPyConnection) -> None:
    set_services(
        connection, [Service("taobao", ("淘宝",), frozenset({"ecommerce"})), Service("kik", ("Kik",))]
    )
    set_services(connection, [Service("taobao", ("淘宝", "Taobao"), frozenset({"affiliate"}))])
    assert connection.execute("SELECT name FROM service ORDER BY ALL").fetchall() == [
        ("Taobao",), ("taobao",), ("淘宝",),
    ]  # fmt: skip
    assert connection.execute("SELECT scope FROM scope WHERE member = 'taobao'").fetchall() == [
        ("affiliate",)
    ]
    assert connection.execute("SELECT count(*) FROM scope WHERE dimension = 'region'").fetchone() != (0,)


def test_a_malformed_category_file(tmp_path: Path) -> None:
    file = tmp_path / "categories.toml"
    file.write_text('[target]\necommerce = "taobao"\n')
    with pytest.raises(WarehouseError, match=r"categories.toml: target.ecommerce: expected a list of slugs"):
        load_categories(file)
    file.write_text("[surface]\n")
    with pytest.raises(WarehouseError, match=r"surface: expected a table named one of"):
        load_categories(file)

"""The SQL derivation against the brute-force oracle, on random observations."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from uuid import UUID

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse import oracle
from warehouse import policy
from warehouse.ids import content_hash, page_id
from warehouse.policy import derive
from warehouse.sql import set_variable
from warehouse.stage import stage
from warehouse.store import connect

FIRST = date(2022, 1, 1)
KNOWN = datetime.fromisoformat("2022-01-01T03:00")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path: Path = tmp_path_factory.mktemp("derivation") / "warehouse.duckdb"
    with connect(path) as opened:
        yield opened


def said(number: int, rng: random.Random) -> oracle.Said:
    """A random observation; few days and speakers, so that ties and collisions are common."""
    start: date | None = None
    precision = None
    if rng.random() < 0.7:
        start = FIRST + timedelta(days=rng.randrange(0, 130, 1 if rng.random() < 0.3 else 10))
        precision = rng.choices(["day", "month", "year"], [8, 2, 1])[0]
        start = start.replace(day=1) if precision == "month" else start
        start = start.replace(month=1, day=1) if precision == "year" else start
    ends = None
    if rng.random() < 0.25:
        ends = (start or FIRST + timedelta(days=60)) + timedelta(days=rng.choice([1, 10, 20, 40, 80]))
    page = rng.choice([None, None, "x", "y"])
    document = f"d{rng.randrange(12)}" if rng.random() < 0.5 else f"e{number}"
    traits = random.Random(document)  # noqa: S311  what belongs to a document is the same for all it says
    return oracle.Said(
        id=f"o{number}", document=document, cluster=f"c{traits.randrange(6)}",
        source=traits.choice([None, "s", "t"]),
        page=page if document.startswith("e") else traits.choice([None, "x"]), notice=traits.random() < 0.3,
        said=FIRST + timedelta(days=traits.randrange(0, 120, 3)),
        stage=rng.choices(["decided", "trial", "proposed"], [8, 1, 1])[0],
        action=rng.choices(["allow", "restrict", "block"], [3, 1, 3])[0], start=start, precision=precision,
        ends=ends,        end_precision=rng.choice(["day", "day", "month"]) if ends else None,
        relation=rng.choices(["states", "reschedules", "cancels", "corrects"], [12, 1, 1, 1])[0],
    )  # fmt: skip


def rows(key: int, observations: Iterable[oracle.Said]) -> Iterator[dict[str, object]]:
    """Rows of table `observation` for one key."""
    for o in observations:
        yield {
            "observation_id": content_hash((key, o.id)), "run_id": "r", "known_at": KNOWN,
            "document_id": content_hash((key, o.document)), "cluster_id": content_hash((key, o.cluster)),
            "page_id": page_id(o.page), "source_id": o.source, "kind": "notice" if o.notice else "news",
            "said_on": o.said, "published_inferred": False, "key_id": key, "platform": f"p{key}",
            "surface": "all", "target": "external", "action": o.action, "stage": o.stage,
            "effective_from": o.start,
            "from_precision": o.precision,
            "effective_to": o.ends - timedelta(days=1) if o.ends else None,
            "to_precision": o.end_precision, "relation": o.relation, "evidence": "e", "evidence_start": 0,
            "evidence_end": 1, "rules": [], "confidence": 0.5, "extractor_version": "v",
        }  # fmt: skip


def store(connection: duckdb.DuckDBPyConnection, keys: list[list[oracle.Said]]) -> None:
    """Make these the only observations; a key's number is its place."""
    connection.execute("DELETE FROM observation")
    stage(
        connection, "new", "observation", (row for key, found in enumerate(keys) for row in rows(key, found))
    )
    connection.execute("INSERT INTO observation FROM new")


def derived(
    connection: duckdb.DuckDBPyConnection, keys: list[list[oracle.Said]]
) -> list[list[oracle.Interval]]:
    """The intervals of each key, by the SQL."""
    store(connection, keys)
    connection.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT key_id FROM observation")
    set_variable(connection, "known", KNOWN)
    derive(connection)
    result: list[list[oracle.Interval]] = [[] for _ in keys]
    found = connection.execute(
        "SELECT key_id, stage, valid_from, action, from_precision, valid_to, to_precision, "
        "authority = 'notice', "
        "contested, resumed, own_end, witnesses, first_said FROM derived"
    ).fetchall()
    for key, *values in found:
        result[key].append(oracle.Interval(*values))
    return [sorted(intervals) for intervals in result]


def test_agrees_with_the_oracle_on_many_random_keys(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(20261128)  # noqa: S311
    keys = [[said(n, rng) for n in range(rng.randrange(1, 12))] for _ in range(1500)]
    for observations, intervals in zip(keys, derived(connection, keys), strict=True):
        assert intervals == oracle.derive(observations), observations


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 2**32), min_size=1, max_size=6), min_size=1, max_size=25))
def test_agrees_with_the_oracle(connection: duckdb.DuckDBPyConnection, seeds: list[list[int]]) -> None:
    keys = [[said(n, random.Random(seed)) for n, seed in enumerate(key)] for key in seeds]  # noqa: S311
    assert derived(connection, keys) == [oracle.derive(observations) for observations in keys]


def test_portions_share_out_every_key_once(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "PORTION", 20)
    rng = random.Random(7)  # noqa: S311
    said_of = [[said(n, rng) for n in range(rng.randrange(1, 12))] for _ in range(30)]
    store(connection, said_of)
    seen: list[list[int]] = []
    for _ in policy.portions(connection, "SELECT key_id FROM observation"):
        keys = [int(key) for (key,) in connection.execute("FROM touched").fetchall()]
        assert sum(len(said_of[key]) for key in keys) < 20 + 11  # the first key may reach over
        seen.append(keys)

    assert len(seen) > 5
    assert sorted(chain.from_iterable(seen)) == list(range(30))


def test_evidence_is_cited_best_first(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(7)  # noqa: S311
    keys = [[said(n, rng) for n in range(8)] for _ in range(50)]
    derived(connection, keys)
    names = {UUID(content_hash((key, o.id))): (key, o) for key, found in enumerate(keys) for o in found}
    for key_id, action, cause, ids, against in connection.execute(
        "SELECT key_id, action, cause_id, evidence_ids, against_ids FROM derived"
    ).fetchall():
        assert ids[0] == cause
        assert len(set(ids)) == len(ids) <= 5
        assert all(names[name][0] == key_id and names[name][1].action == action for name in ids)
        assert all(names[name][1].action != action for name in against)

"""Which general rule covers which special case, as data: memberships closed over all steps."""

from __future__ import annotations

import tomllib
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from warehouse.records import WarehouseError

DIMENSIONS = ("target", "region")
_FILE = Path(__file__).parent / "categories.toml"

Scope = tuple[str, str, str, int]


def load_categories(path: Path = _FILE) -> dict[str, dict[str, set[str]]]:
    """Read direct memberships: dimension -> member -> scopes.

    Raises:
        WarehouseError: the file cannot be read or has another form; names file and key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WarehouseError(f"{path}: {error}") from error
    direct: dict[str, dict[str, set[str]]] = {dimension: {} for dimension in DIMENSIONS}
    for dimension, scopes in data.items():
        if dimension not in direct or not isinstance(scopes, dict):
            raise WarehouseError(
                f"{path}: {dimension}: expected a table named one of {', '.join(DIMENSIONS)}"
            )
        for scope, members in scopes.items():
            if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
                raise WarehouseError(f"{path}: {dimension}.{scope}: expected a list of slugs")
            for member in members:
                direct[dimension].setdefault(member, set()).add(scope)
    return direct


def close_scopes(dimension: str, direct: Mapping[str, Iterable[str]]) -> list[Scope]:
    """All (dimension, member, scope, distance), itself at 0 left out; the shortest way counts.

    Raises:
        WarehouseError: a scope is a member of itself by some way.
    """
    found: list[Scope] = []
    for member in sorted(direct):
        distances = {member: 0}
        queue = deque([member])
        while queue:
            here = queue.popleft()
            for scope in direct.get(here, ()):
                if scope == member:
                    raise WarehouseError(f"category {scope!r} contains itself")
                if scope not in distances:
                    distances[scope] = distances[here] + 1
                    queue.append(scope)
        found += [(dimension, member, scope, far) for scope, far in sorted(distances.items()) if far]
    return found


def store_scopes(connection: duckdb.DuckDBPyConnection, memberships: Mapping[str, Iterable[str]]) -> None:
    """Replace table `scope` by this package's data and further target memberships, if they differ from it.

    Without further memberships the table may hold more than this package's data: what was added before stays.
    """
    direct = load_categories()
    for member, scopes in memberships.items():
        direct["target"].setdefault(member, set()).update(
            scope for scope in scopes if scope not in {"external", member}
        )
    wanted = [scope for dimension in DIMENSIONS for scope in close_scopes(dimension, direct[dimension])]
    present = connection.execute("SELECT dimension, member, scope, distance FROM scope").fetchall()
    if sorted(present) == sorted(wanted) or (not memberships and set(wanted) <= set(present)):
        return
    columns = [list(column) for column in zip(*wanted, strict=True)]
    connection.execute("DELETE FROM scope")
    connection.execute(
        "INSERT INTO scope SELECT unnest($d), unnest($m), unnest($s), unnest($n)",
        dict(zip("dmsn", columns, strict=True)),
    )

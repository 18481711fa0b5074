"""The services that questions may name: their names and categories, given by whoever has the gazetteer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from warehouse.categories import store_scopes
from warehouse.records import Service

_SLUG = re.compile(r"[a-z0-9_]+")


def set_services(connection: duckdb.DuckDBPyConnection, services: Iterable[Service]) -> None:
    """Replace tables `service` and `scope` by these services and kinds of links, if they differ from them.

    Raises:
        WarehouseError: a category contains itself.
    """
    services = list(services)
    store_scopes(connection, {one.slug: one.categories for one in services if one.categories})
    wanted = sorted({(one.slug, name) for one in services for name in (one.slug, *one.names)})
    if connection.execute("SELECT slug, name FROM service ORDER BY ALL").fetchall() == wanted:
        return
    connection.execute("BEGIN")
    connection.execute("DELETE FROM service")
    connection.execute(
        "INSERT INTO service SELECT slug, name, plain_name(name) "
        "FROM (SELECT unnest($slugs) AS slug, unnest($names) AS name) ORDER BY plain_name(name)",
        {"slugs": [slug for slug, _ in wanted], "names": [name for _, name in wanted]},
    )
    connection.execute("COMMIT")


class Named(NamedTuple):
    """The slugs that a name asks for, and why it may say nothing (None if it says something)."""

    slugs: tuple[str, ...]
    doubt: str | None


def named(connection: duckdb.DuckDBPyConnection, name: str) -> Named:
    """Look a service up by any of its names; in a file published before there were names, by its slug."""
    try:
        slugs = connection.execute("SELECT slug FROM asked($name)", {"name": name}).fetchall()
        doubt = connection.execute("SELECT stranger(service_of($name), $name)", {"name": name}).fetchone()
    except duckdb.CatalogException:
        slug = name.lower()
        known = _SLUG.fullmatch(slug)
        return Named((slug,), None if known else f"{name}: what is published holds no names yet, ask by slug")
    return Named(tuple(slug for (slug,) in slugs), doubt[0] if doubt else None)

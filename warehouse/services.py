"""The services that questions may name: their names and categories, given by whoever has the gazetteer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from warehouse.categories import store_scopes
from warehouse.records import Service


def set_services(connection: duckdb.DuckDBPyConnection, services: Iterable[Service]) -> None:
    """Replace tables `service` and `scope` by these services, if they differ from them.

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
    """What a name comes to: a slug, and why it may say nothing (None if it says something)."""

    slug: str
    doubt: str | None


def named(connection: duckdb.DuckDBPyConnection, name: str) -> Named:
    """The slug of a service by any of its names; in a file published without names, the name itself."""
    try:
        found = connection.execute(
            "SELECT service_of($name), stranger(service_of($name), $name)", {"name": name}
        ).fetchone()
    except duckdb.CatalogException:
        found = None
    return Named(*found) if found else Named(name.lower(), None)

"""The closed lists of slugs and the gazetteer of services, read from `vocabulary/*.toml`."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extract.data import ROOT, DataError, read_tables, strings
from extract.normal import normalise


@dataclass(frozen=True, slots=True)
class Service:
    """A service that may carry links or be linked to.

    Attributes:
        names: literal names in all languages, as written in the file.
        ambiguous: names that count only in context.
        look_alikes: longer strings that contain a name but mean something else.
        categories: kinds of service: targets (`ecommerce`, `social`, ...) and those of `kinds.toml`.
    """

    slug: str
    names: tuple[str, ...]
    ambiguous: tuple[str, ...] = ()
    look_alikes: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All slugs.

    Attributes:
        services: slug -> service.
        surfaces, targets: slug -> short English label.
        hosts: surface -> the only kinds of service that have it; surfaces that any may have are not in it.
        owners: surface -> the only services that have it.
        implied: surface -> kinds of service where it may be meant without being named.
    """

    services: dict[str, Service] = field(default_factory=dict)
    surfaces: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, frozenset[str]] = field(default_factory=dict)
    owners: dict[str, frozenset[str]] = field(default_factory=dict)
    implied: dict[str, frozenset[str]] = field(default_factory=dict)

    def may_host(self, platform: str, surface: str) -> bool:
        """Whether a service may have a surface; of one that is not in the gazetteer nobody knows."""
        if surface in self.owners:
            return platform in self.owners[surface]
        service = self.services.get(platform)
        kinds = self.hosts.get(surface)
        return service is None or kinds is None or bool(service.categories & kinds)


_LISTS: dict[str, type] = dict.fromkeys(("en", "zh", "ambiguous", "not", "categories", "pages"), list)


def _check_kinds(given: Collection[str], kinds: Collection[str], where: str) -> None:
    if unknown := sorted(set(given) - set(kinds)):
        raise DataError(f"{where}: {unknown[0]!r} is neither a target nor in kinds.toml")


def _read_services(paths: Sequence[Path], kinds: Collection[str]) -> dict[str, Service]:
    services: dict[str, Service] = {}
    owners: dict[str, str] = {}
    tables = (
        (path, table) for path in paths for table in read_tables(path, "service", {"slug": str}, _LISTS)
    )
    for path, table in tables:
        slug = str(table["slug"])
        where = f"{path}: service {slug}"
        if slug in services:
            raise DataError(f"{where}: slug given twice")
        get = {key: strings(table[key], f"{where}: {key}") if key in table else () for key in _LISTS}
        names = (*get["en"], *get["zh"], *get["pages"])
        for name in names:
            other = owners.setdefault(normalise(name), slug)
            if other != slug:
                raise DataError(
                    f"{where}: name {name!r} already belongs to {other}; make it ambiguous or drop it"
                )
        if get["categories"]:
            _check_kinds(get["categories"], kinds, f"{where}: categories")
        services[slug] = Service(slug, names, get["ambiguous"], get["not"], frozenset(get["categories"]))
    return services


_SETS = ("hosts", "owners", "implied")


def _read_labels(path: Path, name: str) -> tuple[dict[str, str], dict[str, dict[str, frozenset[str]]]]:
    """Labels by slug, and each of _SETS by slug."""
    optional: dict[str, type] = {"label_zh": str, "description": str, **dict.fromkeys(_SETS, list)}
    labels: dict[str, str] = {}
    sets: dict[str, dict[str, frozenset[str]]] = {key: {} for key in _SETS}
    for table in read_tables(path, name, {"slug": str, "label": str}, optional):
        slug = str(table["slug"])
        labels[slug] = str(table["label"])
        for key in sets.keys() & table.keys():
            sets[key][slug] = frozenset(strings(table[key], f"{path}: {name} {slug}: {key}"))
    return labels, sets


def read_vocabulary(directory: Path) -> Vocabulary:
    """Read a vocabulary directory: `services*.toml`, `surfaces.toml`, `targets.toml` and `kinds.toml`.

    Raises:
        DataError: a file is missing or wrong, or two services claim one name.
    """
    surfaces, sets = _read_labels(directory / "surfaces.toml", "surface")
    targets, _ = _read_labels(directory / "targets.toml", "target")
    kinds, _ = _read_labels(directory / "kinds.toml", "kind")
    for key in ("hosts", "implied"):
        for slug, given in sets[key].items():
            _check_kinds(given, {*targets, *kinds}, f"{directory / 'surfaces.toml'}: surface {slug}: {key}")
    files = sorted(directory.glob("services*.toml"))
    services = _read_services(files or [directory / "services.toml"], {*targets, *kinds})
    return Vocabulary(services, surfaces, targets, **sets)


@functools.cache
def closed_values() -> tuple[tuple[str, str], ...]:
    """Slots and slugs of the closed lists that ship with the package: surfaces, then targets."""
    lists = {s: _read_labels(ROOT / "vocabulary" / f"{s}s.toml", s)[0] for s in ("surface", "target")}
    return tuple((slot, slug) for slot, labels in lists.items() for slug in labels)


@functools.cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary that ships with the package, read once."""
    return read_vocabulary(ROOT / "vocabulary")

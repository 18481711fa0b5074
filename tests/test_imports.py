"""The arrows between the packages, read from the syntax tree, and what starting a part may load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("crawlers", "extract", "flows", "warehouse")
# Which of our modules a package may import, beside its own.
ARROWS = {
    "crawlers": ("extract.records",),
    "warehouse": ("extract.records",),
    "extract": (),
    "flows": ("crawlers", "extract", "warehouse"),
}
# Heavy or foreign to a package's purpose: a third-party import that must not be there.
STRANGERS = {
    "crawlers": ("duckdb", "prefect", "spacy", "typer"),
    "extract": ("duckdb", "prefect", "scrapy", "twisted", "typer", "httpx", "requests", "os.environ"),
    "warehouse": ("prefect", "scrapy", "spacy", "twisted", "typer"),
    "flows": ("scrapy", "spacy", "twisted"),
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a module's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything a module imports, wherever the statement stands."""
    own = name_of(path)
    package = own if path.name == "__init__.py" else own.rpartition(".")[0]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == item or name.startswith(item + ".") for item in allowed)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_along_the_arrows(package: str) -> None:
    allowed = (package, *ARROWS[package])
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(package)
        for line, name in imported(path)
        if within(name, PACKAGES) and not within(name, allowed)
    ]

    assert modules(package), "the package is there"
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_leave_others_libraries_alone(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(package)
        for line, name in imported(path)
        if within(name, STRANGERS[package])
    ]

    assert wrong == []


def test_shared_records_import_the_standard_library_only() -> None:
    roots = {name.split(".")[0] for _, name in imported(ROOT / "extract" / "records.py")}

    assert roots <= sys.stdlib_module_names


def test_only_settings_reads_the_environment() -> None:
    readers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in PACKAGES
        for path in modules(package)
        if path != ROOT / "flows" / "settings.py"
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in ("getenv", "environ", "environb")
    ]

    assert readers == []


@pytest.mark.parametrize(
    ("start", "strangers"),
    [
        ("import extract.records", ("spacy", "numpy", "duckdb", "prefect", "scrapy")),
        ("import warehouse.store", ("spacy", "prefect", "scrapy", "twisted")),
        ("import crawlers.run", ("spacy", "prefect", "duckdb")),
        ("import flows.cli", ("prefect", "spacy", "scrapy", "twisted", "trafilatura", "fastapi")),
    ],
)
def test_starting_a_part_loads_no_more_than_it_needs(start: str, strangers: tuple[str, ...]) -> None:
    code = f"import sys; {start}; print(sorted(set({strangers!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"

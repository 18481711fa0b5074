"""The documentation is true: its commands and queries run and print what it says they print."""

import os
import re
import shlex
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from flows.cli import run

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINKPOLICY = [str(Path(sys.executable).with_name("linkpolicy"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from run to run: the sample server's port, times of a run.
VOLATILE = re.compile(r"127\.0\.0\.1:\d+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?")

# One worker runs them all, so that the demonstration is run once; the one that has Prefect's database.
pytestmark = pytest.mark.xdist_group("prefect")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Fenced blocks of a page in order: language and content."""
    return [(match[1], match[2]) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def queries(page: Path) -> list[tuple[str, str | None]]:
    """SQL blocks, each with the `text` block that follows it at once as its result, or None."""
    found = blocks(page)
    after = [*found, ("", "")][1:]
    return [
        (content, following[1] if following[0] == "text" else None)
        for (language, content), following in zip(found, after, strict=True)
        if language == "sql"
    ]


def commands(page: Path) -> list[str]:
    """Our own commands in the `sh` blocks of a page, without their comments."""
    lines = [line for language, content in blocks(page) if language == "sh" for line in content.splitlines()]
    return [line.partition("#")[0].strip() for line in lines if line.startswith("linkpolicy ")]


def plain(text: str) -> list[str]:
    """Lines without what is volatile or depends on column widths."""
    lines = (re.sub(r"\s+", " ", VOLATILE.sub("~", line)).strip() for line in text.splitlines())
    return [line for line in lines if line]


def aligned(table: str) -> str:
    """A tab-separated table in columns; a Chinese character is two columns wide."""

    def width(cell: str) -> int:
        return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)

    rows = [line.split("\t") for line in table.splitlines()]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(line.rstrip() + "\n" for line in lines)


def linkpolicy(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LINKPOLICY_DATA": str(data), "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [*LINKPOLICY, *arguments], capture_output=True, text=True, env=environment, cwd=ROOT, check=False
    )


@pytest.fixture(scope="module")
def data(prefect_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory that the demonstration leaves behind."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(prefect_home))
        done = linkpolicy("demo", "--data", str(directory), data=directory)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert broken == []


def test_paths_named_in_the_documentation_exist() -> None:
    named = re.compile(r"`((?:crawlers|extract|warehouse|flows|tests|docs|bench)/[\w./-]*\w)`")
    missing = [
        f"{page.name}: {path}"
        for page in PAGES
        for path in named.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / path).exists()
    ]

    assert missing == []


def test_every_command_is_documented(tmp_path: Path) -> None:
    shown = linkpolicy("--help", data=tmp_path).stdout
    commands = re.findall(r"^│ ([a-z]+) ", shown.partition("Commands")[2], re.MULTILINE)
    documentation = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert len(commands) > 5
    assert [name for name in commands if f"linkpolicy {name}" not in documentation] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_queries_give_the_results_shown(
    page: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With LINKPOLICY_WRITE_DOCS=1 a page gets the present results; it fails until they are reviewed."""
    monkeypatch.setenv("LINKPOLICY_DATA", str(data))
    differing = []
    for query, expected in queries(page):
        code = run(["sql", query])  # in this process: there are dozens of them
        shown = capsys.readouterr()

        assert code == 0, query + shown.err
        if expected is not None and plain(shown.out) != plain(expected):
            differing.append((query, expected, aligned(shown.out)))
    if differing and os.environ.get("LINKPOLICY_WRITE_DOCS"):
        text = page.read_text(encoding="utf-8")
        for query, expected, result in differing:
            block = f"{query}```\n\n```text\n"
            text = text.replace(block + expected, block + result)
        page.write_text(text, encoding="utf-8")

    assert differing == []


@pytest.mark.slow
def test_commands_of_the_readme_answer_after_the_demonstration(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINKPOLICY_DATA", str(data))
    shown = commands(ROOT / "README.md")

    assert len(shown) >= 5
    for command in shown:
        code = run(shlex.split(command)[1:])
        out, err = capsys.readouterr()
        assert code == 0, command + err
        assert out.strip(), command

"""A small world for the demonstration: four sites in two editions, their sources, and what is true of them.

The platforms and the dates of their rules are real; the pages are written for this project, the two
news outlets are invented.

    sites/night1/   all pages as they stood in spring 2022
    sites/night2/   what is new or different in August 2023; anything else is as on the first night
    sources/        declarations of the four sources; `@BASE@` stands for the server's address
    expected.jsonl  every article with its facts, as annotated documents: `<edition>/<path of the page>`
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent
SITES = ROOT / "sites"
EXPECTED = ROOT / "expected.jsonl"
EDITIONS = ("night1", "night2")
BASE = "@BASE@"


def write_sources(directory: Path, base_url: str) -> tuple[Path, ...]:
    """Write the sample's declarations for a server at `base_url` into a directory.

    Args:
        directory: is created if it does not exist; files of the same name are replaced.
        base_url: scheme, host and port, without a slash at the end.

    Returns:
        The files written, sorted by name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for template in sorted((ROOT / "sources").glob("*.toml")):
        target = directory / template.name
        target.write_text(template.read_text(encoding="utf-8").replace(BASE, base_url), encoding="utf-8")
        written.append(target)
    return tuple(written)

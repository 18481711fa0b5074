"""What is built from the checkout: all that the command needs is inside, and it works elsewhere."""

import ast
import email
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("crawlers", "extract", "flows", "warehouse")


def plain(requirement: str) -> str:
    """Name of a requirement as indexes compare it: without bounds and extras, in lower case."""
    return re.split(r"[<>=\[; ]", requirement)[0].lower().replace("_", "-")


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that neither build/ nor an old egg-info of the checkout takes part."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    # weights hardly get smaller: packing them would take ten seconds
    (copy / "setup.cfg").write_text("[bdist_wheel]\ncompression = stored\n", encoding="utf-8")
    # The declared backend's own hook, as pip calls it.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = f"import {project['build-system']['build-backend']} as backend; backend.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=copy, stdout=subprocess.DEVNULL, check=True)
    (built,) = (copy / "dist").glob("*.whl")
    return built


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert sorted(wanted - inside) == []


def test_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    fields = email.message_from_bytes(archive.read(metadata))
    top = {name.split("/")[0] for name in archive.namelist()}

    assert fields["License-Expression"] == "Apache-2.0"
    assert fields["Requires-Python"] == ">=3.11"
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_every_library_imported_is_declared() -> None:
    """What another dependency happens to bring may be gone with its next release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [name for names in project["optional-dependencies"].values() for name in names]
    declared = {plain(requirement) for requirement in [*project["dependencies"], *optional]}
    distributions = packages_distributions()
    roots = {
        name.split(".")[0]
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
    }
    foreign = roots - set(PACKAGES) - sys.stdlib_module_names
    undeclared = {  # what is not installed here goes by its own name
        root
        for root in foreign
        if not declared & {plain(name) for name in (root, *distributions.get(root, ()))}
    }

    assert undeclared == set()


def test_lock_agrees_with_the_declared_dependencies() -> None:
    """A dependency added without `make lock` would only be missed on a fresh machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for file, requirements in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", [*project["dependencies"], *project["optional-dependencies"]["dev"]]),
    ):
        text = (ROOT / file).read_text(encoding="utf-8")
        pins = {line.split("==")[0] for line in text.splitlines() if "==" in line}
        names = {plain(requirement) for requirement in requirements}

        assert names - pins == set(), f"{file}: run make lock"
        assert "://" not in text, f"{file}: names an index"


def test_installed_command_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The wheel in an environment of its own, with this environment's libraries beneath it."""
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    (library,) = home.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(library)
    # Libraries come from here, read last; the editable checkout's hook is not run for a mere path.
    (library / "libraries.pth").write_text(str(Path(pytest.__file__).parents[1]), encoding="utf-8")
    python = home / "bin" / "python"
    program = "import sys, flows.cli; sys.argv[0] = 'linkpolicy'; sys.exit(flows.cli.main())"
    page = tmp_path / "notice.jsonl"
    page.write_text(
        '{"id": "1", "lang": "en", "kind": "notice", "published": "2023-08-10", "title": "", '
        '"text": "From 31 August 2023, links in YouTube comments will no longer be clickable."}\n',
        encoding="utf-8",
    )

    where = subprocess.run(
        [python, "-c", "import flows; print(flows.__file__)"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    done = subprocess.run(
        [python, "-c", program, "extract", str(page)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert Path(where.stdout.strip()).is_relative_to(home)
    assert done.returncode == 0, done.stderr
    assert '"platform": "youtube"' in done.stdout
    assert '"effective_from": "2023-08-31"' in done.stdout

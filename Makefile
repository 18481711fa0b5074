# `make demo` and `make test` do all set-up themselves. PYTHON names another interpreter (3.11 or later).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n 3 --dist loadgroup

# Neither the orchestrator nor its libraries report home, from here or from anything started here.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Tests run side by side: each that computes on all cores would wait for the others.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
# Hundreds of processes are started: what is compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE

LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url

.PHONY: help demo test lake lint style types pytest lock clean
.DELETE_ON_ERROR:

help:
	@echo "make demo   three nights over the bundled sample sites: crawl, extract, load, alert"
	@echo "make test   ruff, mypy and all tests"
	@echo "make lake   the tests of the warehouse once more, with the extra lake and a real Postgres"
	@echo "make lint   ruff and mypy only"
	@echo "make lock   compile the pinned requirements*.txt from pyproject.toml"
	@echo "make clean  remove $(VENV), caches and build output (never data/)"

demo: $(VENV)/.runtime
	@$(BIN)/linkpolicy demo

# ruff answers at once; mypy, a minute's work in a fresh clone, runs beside the tests, which often wait.
test: style
	@$(MAKE) --no-print-directory --jobs=2 types pytest

lint: style types

style: $(VENV)/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/.dev
	@$(BIN)/mypy

pytest: $(VENV)/.dev
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

# The extensions come with a DuckDB of their own; it goes before the ordinary one for these tests alone.
lake: $(VENV)/.lake
	@PYTHONPATH=$(abspath $(VENV))/lake $(BIN)/python -m pytest $(PYTEST_ARGS) -rs tests/warehouse tests/flows/test_lake.py

lock: $(VENV)/.install
	$(LOCK) --group install -o requirements-install.txt
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --extra dev --constraint requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find crawlers extract flows warehouse tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamp files: a second call finds them newer than what they depend on and starts at once.
# pip brings uv, which installs the rest ten times faster; where uv cannot (it reads no pip.conf), pip does it all.

$(VENV)/.install: requirements-install.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "linkpolicy needs Python 3.11 or later: make PYTHON=python3.11")'
	@echo "Setting up $(VENV) (once, about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

$(VENV)/.runtime: requirements.txt pyproject.toml $(VENV)/.install
	$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml $(VENV)/.install
	$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.runtime

$(VENV)/.lake: pyproject.toml $(VENV)/.dev
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["lake"], sep="\n")' \
	  | $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(VENV)/lake -r /dev/stdin
	@touch $@

define install
@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --no-deps -r $(1) 2>$(VENV)/uv.log \
  || { echo "uv could not install (see $(VENV)/uv.log): pip does it, which takes two minutes more"; \
       $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(1); }
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
endef

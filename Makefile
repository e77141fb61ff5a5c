# make demo     music from nano, into demo/
# make serve    the studio in a browser; more for `twin serve` in OPTIONS="--port 0"
# make test     the default test tier
# make test-thorough  the tests of a second and more
# make test-all the slow tests too: under 40 minutes
# make check    lint, format, types and tests: what has to pass before a change lands
# make wheel    the installable package, into dist/
# make docs     regenerate docs/reference/
# make web      the page of the studio, from web/ into the package; needs Node 20.19 or newer
#
# Everything lives in .venv, which the first target makes with plain pip and later ones reuse.

VENV := .venv
BIN := $(VENV)/bin
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Without bytecode every start parses every source file of torch and diffusers again: 11 s instead of 4.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo serve road test test-all test-thorough test-slow check lint types wheel docs web clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.installed
	@$(BIN)/twin demo --force

serve: $(VENV)/.installed
	@$(BIN)/twin serve --open $(OPTIONS)

road: $(VENV)/.installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash runs/road.sh

# One worker per core with one thread each; a file stays with its worker, because its fixtures are dear.
test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

test-all: test test-thorough test-slow

test-thorough: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m thorough

test-slow: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n auto --dist load -m slow

# Without ruff's cache: it keeps verdicts on import order when a module moves between folders.
lint: $(VENV)/.installed-dev
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

check: lint types test test-thorough

wheel: $(VENV)/.installed-dev
	rm -rf dist
	$(BIN)/python -m build --wheel

docs: $(VENV)/.installed
	$(BIN)/python docs/generate.py

web: web/node_modules/.package-lock.json
	cd web && npm run --silent schema && npm run --silent check && npm run --silent build

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --no-compile --constraint constraints.txt --editable .
	@$(MAKE) --no-print-directory bytecode
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	@$(MAKE) --no-print-directory bytecode
	@touch $@

# On all cores, which pip's own compilation does not use. Files that were never meant for this Python do not matter.
.PHONY: bytecode
bytecode:
	-@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib src >/dev/null 2>&1 || true

# Two commands do all the set-up: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.8
# Most tests wait for real programs, so three share two cores well.
WORKERS ?= 3
LOCKING := --universal --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: install demo test check soak bench media lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    break a small shop three times and watch it being healed"
	@echo "make test    run the tests; what needs a missing service is skipped and named"
	@echo "make check   style, types, import contracts"
	@echo "make bench   measure; make soak runs the long tests"
	@echo "make media   take the README's pictures anew"

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: apt-get install python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "venv and pip are needed: apt-get install python3-venv python3-pip"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

demo: install
	@$(BIN)/lamplighter demo

test: install
	@$(BIN)/python -m pytest -m "not soak" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

soak: install
	@$(BIN)/python -m pytest -m soak

check: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# Only to be compared with, and with old libraries of its own: so it lives beside the environment and is in no lock.
.venv/drain3: .venv/.installed
	@test -d $@ || $(BIN)/uv pip install --quiet --python $(BIN)/python --target $@ drain3==0.9.11 || echo "drain3 cannot be had: templates are measured without it"

bench: install .venv/drain3
	@for one in grouping templates placement ingest load retention response diagnosis console; do echo "== $$one"; $(BIN)/python -m benchmarks.$$one || exit 1; done

media: install
	@test -x /usr/bin/chromium || { echo "Chromium is needed: apt-get install chromium"; exit 1; }
	@$(BIN)/python -m media

lock: install
	@$(BIN)/uv pip compile --quiet pyproject.toml --group dev $(LOCKING) -o requirements.lock
	@$(BIN)/uv pip compile --quiet pyproject.toml --group image $(LOCKING) -c requirements.lock -o requirements-run.lock

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Two commands a newcomer needs: `make demo` and `make test`. Each sets up what it needs first.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up

.PHONY: demo test lint vectors setup peers clean

demo: setup
	$(BIN)/walras demo $(if $(WALRAS_AUCTIONS),--auctions $(WALRAS_AUCTIONS))

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

vectors: setup
	$(BIN)/python -m tests.vectors

setup: $(STAMP)

# Everything is pinned with hashes in requirements.lock; the package itself is linked in place.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Walras needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	rm -rf $(VENV)/lib/python*/site-packages/trio-stubs # trio has types of its own; trio-typing's old ones hide them
	touch $(STAMP)

# Solvers that benchmarks compare with, under an interpreter of their own.
peers:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers-requirements.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis runs

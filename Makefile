# Everything that is done with this repository, a sentence each: `make help`.
# Prerequisites: Python 3.11 or newer, make and a shell.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
READY := $(VENV)/.ready

# What a developer's shell may carry must not change what is installed or run.
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help
help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}'

.PHONY: install
install: $(READY) ## Make the virtual environment from the lock

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON); install Python 3.11 or newer, or say which to take: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) tools/require_python.py
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "make: $(PYTHON) -m venv does not work; install your system's python3-venv package." >&2; exit 2; }
	@echo "Installing what the lock names; this takes a minute or two …"
	@{ $(PIP) install --require-hashes -r requirements.lock && $(PIP) install --no-deps --no-build-isolation --editable .; } || { echo "make: not all packages could be installed; check the network (HTTPS_PROXY is honoured) and the disk, then repeat." >&2; exit 2; }
	@touch $@

.PHONY: demo
demo: $(READY) ## Run the platform and show its main job; DEMO_SECONDS=30 makes it end by itself
	@$(BIN)/orders demo

.PHONY: up
up: $(READY) ## Start the servers of the local stack and leave them running
	@$(BIN)/orders stack up

.PHONY: down
down: $(READY) ## Stop the servers of the local stack; data stay
	@$(BIN)/orders stack down

.PHONY: test
test: $(READY) ## Run all tests, against real servers; WORKERS=3 at a time; BACKING=containers takes them from Docker
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile -m "not alone"
	@$(BIN)/python -m pytest -m alone

.PHONY: containers
containers: $(READY) ## Prove compose and testcontainers on a real engine, from nothing; SUITE=short takes fewer tests
	@VENV=$(abspath $(VENV)) tests/containers/prove

.PHONY: unit
unit: $(READY) ## Run the tests that need no server, in seconds
	@$(BIN)/python -m pytest tests/unit -m "not slow"

.PHONY: check
check: $(READY) ## Lint, format, types, imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

.PHONY: format
format: $(READY) ## Put the code into the one format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(READY) ## Measure each hop beside its peers; HOP=append for one, FULL=1 for long runs
	@$(BIN)/python -m benchmarks

.PHONY: soak
soak: $(READY) ## Storm the whole platform and judge what is left; SECONDS=90 SEED=1 say how long and which storm
	@$(BIN)/python -m tests.soak --seconds $(or $(SECONDS),90) --seed $(or $(SEED),1)

.PHONY: mutants
mutants: $(READY) ## Take each safety mechanism out, and show the test that notices; exit status 1 if one goes unnoticed
	@$(BIN)/python -m tests.mutants

.PHONY: lock
lock: $(READY) ## Compile requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --group bench --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --upgrade --output-file requirements.lock
	@echo "requirements.lock is compiled; run make install."

.PHONY: clean
clean: ## Remove what was built, and the virtual environment
	@rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

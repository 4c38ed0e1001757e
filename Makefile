# Everything starts here. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV ?= .venv
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3; do \
    $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
    && { echo $$p; break; }; done)
BIN := $(VENV)/bin
LOCK := requirements/requirements.lock

.PHONY: help setup demo test test-fast test-long lint format bench emulator lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.setup-done ## Make the environment: packages, Java if there is none suitable, Spark's jars

demo: setup ## Run the whole story on this machine
	@$(BIN)/medallion demo

test: setup ## Run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile  # while one test waits for Spark, the other works

test-fast: setup ## Run the tests that need no Spark
	@$(BIN)/python -m pytest -m "not spark"

test-long: setup ## Run the long tests, for an hour or more: every kill on both targets, many stories (SEED=7 tells others)
	@$(BIN)/python -m pytest -m long -s tests/faults

lint: setup ## Check Python, SQL and YAML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar models
	$(BIN)/yamllint --strict .
	$(BIN)/cfn-lint deploy/medallion.yaml

format: setup ## Mend what the linters can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar models

bench: setup ## Time this project beside the article's jobs
	@$(BIN)/python -m bench

emulator: setup ## EMR Serverless, S3 and Glue on this machine, until Ctrl-C
	@$(BIN)/python -m runner.emulator

lock: setup ## Resolve requirements/*.in anew to hash-locked files, for all supported Pythons
	cd requirements && for name in requirements setup driver; do \
	    $(abspath $(BIN))/python -m uv pip compile $${name/requirements/dev}.in -o $$name.lock -q --upgrade --universal \
	        --generate-hashes --no-strip-extras --python-version 3.10 --custom-compile-command "make lock"; done

clean: ## Remove the environment and what builds leave behind; the lake in .medallion stays
	rm -rf $(VENV) target logs build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

# Each stamp stands for a step that is done. It is older than what the step is made from when that has changed.
$(VENV)/.venv-made:
	@if [ -z "$(PYTHON)" ]; then \
	    echo "setup: no Python 3.10, 3.11 or 3.12 with venv was found." >&2; \
	    echo "       Install one (Debian and Ubuntu: apt-get install python3 python3-venv), or: make setup PYTHON=/path/to/python" >&2; \
	    exit 3; fi
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' || { \
	    echo "setup: PYTHON=$(PYTHON) is not Python 3.10, 3.11 or 3.12. Name another: make setup PYTHON=python3.11" >&2; exit 3; }
	@echo "[1/4] creating $(VENV) with $$($(PYTHON) --version)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.packages-installed: $(VENV)/.venv-made $(LOCK) requirements/setup.lock requirements/install.py
	@echo "[2/4] installing $$(grep -c '^[a-z0-9]' $(LOCK)) locked packages (about a minute the first time)"
	@$(BIN)/python requirements/install.py || { \
	    echo "setup: the packages could not be installed; the lines above say why." >&2; \
	    echo "       Check the network and pip's index settings (pip config list), then run make setup again." >&2; exit 3; }
	@touch $@

$(VENV)/.project-installed: $(VENV)/.packages-installed pyproject.toml
	@echo "[3/4] installing the medallion command"
	@$(BIN)/python -m pip --disable-pip-version-check install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.setup-done: $(VENV)/.project-installed runner/jars.py runner/java.py runner/provision.py
	@echo "[4/4] Java, Spark's jars, the activated shell"
	@$(BIN)/python -m runner.provision
	@touch $@
	@echo "Ready. Next: make demo, or: source $(VENV)/bin/activate && dbt build"

# The one door. `make demo` and `make test` need nothing but Python 3.11+ and the network's package index.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DBT    := .venv-dbt
PY     := $(BIN)/python
PORT       ?= 8000
STACK_PORT ?= 4566
DATA_DIR   ?= .data
export PORT STACK_PORT DATA_DIR

.PHONY: help demo run stack test mutants lint bench lock openapi athena-sql clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t12

$(VENV)/.installed: requirements-dev.lock
	$(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	touch $@

# A client under test (tests/clients/dbt), whose pins are not the project's.
$(DBT)/.installed: tests/clients/dbt/requirements.lock
	$(PYTHON) -m venv --clear $(DBT)
	$(DBT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	touch $@

demo: $(VENV)/.installed  ## the main job on the embedded stack, told as a story
	$(PY) -m local.demo

run: $(VENV)/.installed  ## API, worker and embedded stack until Ctrl-C
	$(PY) -m local.run

stack: $(VENV)/.installed  ## the embedded stack alone, for any boto3 program, until Ctrl-C
	$(PY) -m local --port $(STACK_PORT) --data-dir $(DATA_DIR)/stack

test: $(VENV)/.installed $(DBT)/.installed lint  ## lint, then every test
	$(PY) -m pytest -n auto

mutants: $(VENV)/.installed  ## plant bugs one by one and see the tests find them (ARGS="--only 10" for a sample)
	$(PY) -m tests.faults.mutants $(ARGS)

lint: $(VENV)/.installed  ## style, types, arrows, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: $(VENV)/.installed  ## every benchmark; results as tables
	$(PY) -m bench

openapi: $(VENV)/.installed  ## write openapi.json from the code
	$(PY) -m local.openapi

athena-sql: $(VENV)/.installed  ## write docs/athena-sql.md from the functions and their cases
	$(PY) -m tests.local.athena_sql_page

LOCKED = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:  ## resolve all locks anew (needs uv); ministack pins botocore, and what is tested is what is deployed
	$(LOCKED) --extra dev pyproject.toml -o requirements-dev.lock
	$(LOCKED) -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(LOCKED) tests/clients/dbt/requirements.in -o tests/clients/dbt/requirements.lock

clean:  ## forget the environment and all local data
	rm -rf $(VENV) $(DBT) $(DATA_DIR)

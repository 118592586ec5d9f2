# The one door. `make demo` needs nothing but Python 3.11+ and the network's package index; the dashboard needs npm, too.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DBT    := .venv-dbt
DASH   := dashboard
CHECKOV := .venv-checkov
PY     := $(BIN)/python
PORT       ?= 8000
STACK_PORT ?= 4566
DATA_DIR   ?= .data
export PORT STACK_PORT DATA_DIR

.PHONY: help demo run stack dashboard chromium test mutants lint bench package deploy deploy-dashboard deploy-local conformance lock openapi athena-sql clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t12

$(VENV)/.installed: requirements-dev.lock
	@test ! -L $(VENV) || { echo "$(VENV) is a link: --clear would empty what it leads to; install there" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	touch $@

# A client under test (tests/clients/dbt), whose pins are not the project's.
$(DBT)/.installed: tests/clients/dbt/requirements.lock
	$(PYTHON) -m venv --clear $(DBT)
	$(DBT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	touch $@

# A judge of the template, whose pins are not the project's.
$(CHECKOV)/.installed: infra/checkov/requirements.lock
	$(PYTHON) -m venv --clear $(CHECKOV)
	$(CHECKOV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	touch $@

infra/node_modules/.installed: infra/package-lock.json
	cd infra && npm ci --silent
	touch $@

$(DASH)/node_modules/.installed: $(DASH)/package-lock.json
	cd $(DASH) && npm ci --silent
	touch $@

DASH_SOURCES := $(shell find $(DASH)/src $(DASH)/public $(DASH)/scripts $(DASH)/*.* -type f -not -name schema.d.ts)
$(DASH)/dist/index.html: $(DASH)/node_modules/.installed openapi.json $(DASH_SOURCES)
	cd $(DASH) && npm run --silent build

demo: $(VENV)/.installed  ## the main job on the embedded stack, told as a story
	$(PY) -m local.demo

run: $(VENV)/.installed  ## dashboard, API, worker and embedded stack until Ctrl-C
	@command -v npm > /dev/null && $(MAKE) --no-print-directory dashboard || true
	$(PY) -m local.run

stack: $(VENV)/.installed  ## the embedded stack alone, for any boto3 program, until Ctrl-C
	$(PY) -m local --port $(STACK_PORT) --data-dir $(DATA_DIR)/stack

dashboard: $(DASH)/dist/index.html  ## build the dashboard's static files (needs Node 20.19+ and npm)

chromium:  # what the browser tests drive
	@command -v chromium > /dev/null || { \
	  as_root=$$(test $$(id -u) = 0 || echo sudo); \
	  $$as_root apt-get -qq update && $$as_root apt-get -qq install -y chromium; }

test: $(VENV)/.installed $(DBT)/.installed $(CHECKOV)/.installed infra/node_modules/.installed infra/build/here.zip lint chromium  ## lint, then every test
	$(PY) -m pytest -n auto

mutants: $(VENV)/.installed  ## plant bugs one by one and see the tests find them (ARGS="--only 10" for a sample)
	$(PY) -m tests.faults.mutants $(ARGS)

lint: $(VENV)/.installed dashboard  ## style, types, arrows, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	cd $(DASH) && npm run --silent lint

bench: $(VENV)/.installed infra/build/here.zip  ## every benchmark; results as tables
	$(PY) -m bench

openapi: $(VENV)/.installed  ## write openapi.json from the code
	$(PY) -m local.openapi

athena-sql: $(VENV)/.installed  ## write docs/athena-sql.md from the functions and their cases
	$(PY) -m tests.local.athena_sql_page

LOCKED = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
STAGE  ?= dev
PARAMS ?=
package: $(VENV)/.installed infra/node_modules/.installed  ## the functions' zip and the template, in infra/; needs no AWS account
	$(PY) infra/package.py
	cd infra && npx osls package --stage $(STAGE) $(PARAMS)
	$(BIN)/cfn-lint infra/.serverless/cloudformation-template-update-stack.json

# The package for this machine: what functions run on the embedded stack.
infra/build/here.zip: $(VENV)/.installed requirements.lock openapi.json infra/package.py $(shell find app -type f -not -name '*.pyc')
	$(PY) infra/package.py --here --out $@

deploy-local: infra/build/here.zip infra/node_modules/.installed  ## the template on the embedded stack, as an AWS account, until Ctrl-C
	$(PY) -m local.deploy

conformance: $(VENV)/.installed  ## the cases of tests/conformance against a stage on AWS: STAGE=dev
	HEADGATE_CONFORMANCE_STAGE=$(STAGE) $(PY) -m pytest -p no:randomly -p no:xdist -o addopts="" tests/conformance

deploy: package  ## to the AWS account of the environment: STAGE=prod PARAMS="--param alarmEmail=you@example.com"
	cd infra && npx osls deploy --stage $(STAGE) $(PARAMS)

deploy-dashboard: $(VENV)/.installed dashboard  ## its files to a stage that has dashboardHosting=true: STAGE=prod
	$(PY) infra/deploy_dashboard.py --stage $(STAGE)

lock:  ## resolve all locks anew (needs uv); ministack pins botocore, and what is tested is what is deployed
	$(LOCKED) --extra dev pyproject.toml -o requirements-dev.lock
	$(LOCKED) -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(LOCKED) tests/clients/dbt/requirements.in -o tests/clients/dbt/requirements.lock
	$(LOCKED) infra/checkov/requirements.in -o infra/checkov/requirements.lock

clean:  ## forget the environment and all local data
	rm -rf $(VENV) $(DBT) $(CHECKOV) $(DATA_DIR) infra/node_modules infra/build infra/.serverless $(DASH)/node_modules $(DASH)/dist

# Everything a person does here is a target; `make` lists them.
# Variables are given on the command line or in the environment: make run ORG_DATA=my-org

PYTHON ?= python3
UV = uv==0.13.9
VENV = .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed
# The checkout's packages; Airflow puts plugins/ on the path itself.
export PYTHONPATH = $(CURDIR)/plugins:$(CURDIR)

.DEFAULT_GOAL = help
.PHONY: help run up down org sql check permission-set profile results forget secrets sbom bench \
    bench-quick faults test test-fast lint constraints clean

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: export ORG_DATA ?=
run: export CHANGES ?= 1
run: export N ?= 2000
run: export SEED ?= 1
run: $(INSTALLED) ## The main job: a full sync of a simulated org, changes, an incremental sync
	@$(BIN)/python -m desk run "$$ORG_DATA" "$$CHANGES" "$$N" "$$SEED"

up: $(INSTALLED) ## Airflow with its UI, the DAGs and the simulated org, until Ctrl-C or make down
	@$(BIN)/python -m desk up

down: $(INSTALLED) ## Stop what make up started
	@$(BIN)/python -m desk down

org: export ORG_DATA ?=
org: export N ?=
org: export SEED ?=
org: $(INSTALLED) ## The simulated Salesforce org alone, for any client, until Ctrl-C
	@$(BIN)/python -m desk org_alone "$$ORG_DATA" "$$N" "$$SEED"

# Taken as it was written: a dollar sign in SQL is not a variable of make.
sql: override export Q := $(value Q)
sql: export FORMAT ?= table
sql: $(INSTALLED) ## A query against the warehouse: make sql Q="select ..." (FORMAT=csv)
	@$(BIN)/python -m desk sql "$$Q" "$$FORMAT"

check: export ORG ?=
check: export FORMAT ?= table
check: $(INSTALLED) ## What is missing before a sync, and how to grant it (ORG=key, FORMAT=json)
	@$(BIN)/python -m desk check "$$ORG" "$$FORMAT"

profile: export MART ?=
profile: export ORG ?=
profile: $(INSTALLED) ## What a mart holds: make profile MART=opportunities (without MART: all in short)
	@$(BIN)/python -m desk profile "$$MART" "$$ORG"

permission-set: export ORG ?=
permission-set: export CONNECTION ?=
permission-set: export OUT ?=
permission-set: $(INSTALLED) ## The rights that a sync needs, as files to deploy (ORG, CONNECTION, OUT)
	@$(BIN)/python -m desk permission_set "$$ORG" "$$CONNECTION" "$$OUT"

results: export RUN ?=
results: export ORG ?=
results: export FORMAT ?= table
results: export PART ?=
results: $(INSTALLED) ## What the newest sync did (RUN, ORG, FORMAT=json or csv, PART)
	@$(BIN)/python -m desk results "$$RUN" "$$ORG" "$$FORMAT" "$$PART"

secrets: $(INSTALLED) ## The secrets of docker-compose.yaml as files, made where missing (docs/scaling.md)
	@$(BIN)/python -m desk compose_secrets

sbom: export OUT ?=
sbom: $(INSTALLED) ## What the product is made of (CycloneDX), and which of it is known to be vulnerable
	@$(BIN)/python -m desk sbom "$$OUT"

bench: $(INSTALLED) ## Every measurement, beside the limit and other tools; takes an hour or more
	@$(BIN)/python -m bench full

bench-quick: $(INSTALLED) ## The product against the limit at 100,000 opportunities, in two minutes
	@$(BIN)/python -m bench quick

test: $(INSTALLED) ## Every test, as many at once as there are processors (TESTS=path runs some of them)
	@$(BIN)/python -m pytest -n auto --dist loadfile $(TESTS)

faults: $(INSTALLED) ## Every fault, kill, race and attack, and nothing lost; about 29 minutes
	@$(BIN)/python -m pytest -q -p no:warnings -p tests.faults.report -m faults --every-fault \
	    --faults-report bench/results/faults.json -n auto --dist worksteal $(TESTS)

test-fast: $(INSTALLED) ## The tests that need neither a server nor Airflow
	@$(BIN)/python -m pytest -q -m "not slow and not server" --ignore=tests/airflow $(TESTS)

lint: $(INSTALLED) ## ruff, mypy --strict and sqlfluff
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint include/sql

constraints: $(INSTALLED) ## Resolve requirements.txt again and pin everything in constraints.txt
	@$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate requirements.txt --output-file constraints.txt
	@{ sed -n '/^#/p' requirements-celery.txt; echo apache-airflow-providers-celery \
	    | $(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate - requirements.txt -c constraints.txt \
	    | grep -vxFf constraints.txt; } > requirements-celery.unfinished
	@mv requirements-celery.unfinished requirements-celery.txt
	@echo "constraints.txt pins $$(grep -c == constraints.txt) packages; the next make installs them."

forget: export ORG ?=
forget: export CONFIRM ?=
forget: $(INSTALLED) ## An org leaves the warehouse, with all that was known of it (ORG=key CONFIRM=key)
	@$(BIN)/python -m desk forget "$$ORG" "$$CONFIRM"

clean: ## Stop everything, remove the installation and all data of this copy
	@test ! -e $(INSTALLED) || $(BIN)/python -m desk clean
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# PYTHONDONTWRITEBYTECODE would have every process compile everything again, so compile here.
# The package itself is installed for its entry point, by which Airflow finds the connection type.
$(INSTALLED): requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) \
	    || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing $$(grep -c == constraints.txt) packages into $(VENV), once; this takes a minute or two ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check "$(UV)"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode -r requirements.txt -c constraints.txt
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --offline --no-deps --editable .
	@touch $@
	@echo "Installed."

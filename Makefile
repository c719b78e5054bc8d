# Every target does its own set-up, into .venv from the lock. `make help` lists them.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAGE ?= dev
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest
ROOMS := model usage score sources ingest decide act learn views

.PHONY: help demo night mailbox slack test check static rooms flows others deployed load bench synth deploy cdk clean

help:
	@echo "make demo    run the whole product on this machine (DATA=folder for your own history; DEMO_EXIT=1 to stop after the summary)"
	@echo "make night   while the demo runs: start its workflow with INPUT='{\"as_of\": \"2026-06-14\"}'"
	@echo "make mailbox, make slack   while the demo runs: what customers and colleagues got, newest last"
	@echo "make test    everything: checks, unit tests, infrastructure, the deployed template on the local AWS"
	@echo "make check   the quick part: format, lint, types, import contracts, unit tests"
	@echo "make load    the local product under load: is every count exact, and how fast?"
	@echo "make bench   speed, as ratios to named peers"
	@echo "make synth   the CloudFormation templates, into cdk.out (STAGE=prod for production)"
	@echo "make deploy  the stacks into your AWS account (STAGE=prod for production; DRY=1 only shows what would change)"

$(READY): pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m infra.environment

demo: $(READY)
	@$(BIN)/python -m local.demo

night: $(READY)
	@$(BIN)/python -m local.again '$(INPUT)'

mailbox: $(READY)
	@$(BIN)/python -m local.shown mailbox

slack: $(READY)
	@$(BIN)/python -m local.shown slack

check: static rooms flows others

static: $(READY)
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy --python-version 3.11 --no-error-summary && $(BIN)/mypy --python-version 3.13 --no-error-summary
	@$(BIN)/lint-imports --no-logo > .lint-imports.log || { cat .lint-imports.log; exit 1; }

rooms: $(READY)
	@$(PYTEST) tests/rooms $(ROOMS:%=--cov=health_monitor.%) --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered

flows: $(READY)
	@$(PYTEST) tests/flows tests/contracts

others: $(READY)
	@$(PYTEST) tests/functions tests/cli tests/simulation tests/docs

# They share nothing but the set-up: two at a time keep two cores busy, the longest first.
test: $(READY)
	@$(MAKE) --no-print-directory -j2 deployed static rooms flows others

deployed: $(READY)
	@$(PYTEST) tests/infra tests/local tests/data

load: $(READY)
	@$(BIN)/python -m local.load

bench: $(READY)
	@$(BIN)/uv sync --quiet --frozen --inexact --group bench
	@$(BIN)/python -m benchmarks

synth: $(READY)
	@$(BIN)/python -m infra.synth $(STAGE)

deploy: $(READY)
	@$(BIN)/python -m infra.deploy $(STAGE) $(if $(DRY),--dry) $(if $(YES),--yes)

cdk: $(READY)
	@$(BIN)/python -m infra.cdk $(DO)

clean:
	rm -rf .venv build cdk.out .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

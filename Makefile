# Everything anybody does with the platform. `make` alone lists it.
# A bare Debian 12 with Python 3.11 is enough: `up` and `test` install what they need.

PYTHON ?= python3
IN_ENVIRONMENT := .venv/bin/python

# For commands that have nothing to do before `make up`.
NEEDS_ENVIRONMENT = @test -x $(IN_ENVIRONMENT) || { echo 'make $@ failed: nothing is installed here yet; run `make up` first.' >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help up down clean logs status migrate story redrive verify-audit test unit integration e2e browser portal faults lint format docs bench lock compose-env compose-test

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the local platform

up: ## start the whole platform on this machine and print its address (installs what is missing)
	@$(PYTHON) -m deploy.local.install up
	@$(IN_ENVIRONMENT) -m deploy.local up

down: ## stop it; data stays
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local down

clean: ## stop it and forget its data, passwords and logs
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local clean

logs: ## follow the logs of all its processes and servers
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local logs

status: ## say whether it is up and what is not ready
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local status

migrate: ## migrate and seed the databases (those of `make up`, or those in DATABASE_URL_*)
	@$(PYTHON) -m deploy.local.install up
	@$(IN_ENVIRONMENT) -m deploy.local migrate

story: ## play one matter end to end against the running platform and print its timeline
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m tests.e2e.story

redrive: ## list events set aside; SERVICE=cases ACTION=redrive|drop KEYS="12 13" (or KEYS=dead) acts on them
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local redrive $(SERVICE) $(ACTION) $(KEYS)

verify-audit: ## recompute the hash chain of every timeline and name what was edited; SINCE=2026-11-01 UNTIL=… narrow it
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local verify-audit $(if $(SINCE),--since $(SINCE)) $(if $(UNTIL),--until $(UNTIL))

# --- checks

test: ## check everything from nothing: lint, unit, integration, end to end, faults, deployment (own servers)
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m pytest $(ARGS)

unit: ## only the tests that need no servers
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m pytest tests/unit $(ARGS)

integration: ## only the tests against real PostgreSQL and RabbitMQ, contracts included
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m pytest tests/contracts tests/integration $(ARGS)

e2e: ## only the tests of a whole running platform
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m pytest tests/e2e $(ARGS)

browser: ## only the tests of the pages in a real browser
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m pytest tests/browser $(ARGS)

portal: ## build the pages anew (after `make up` also what a running platform serves)
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local.portal

faults: ## only the fault tests; LONG=1 for the long set
	@$(PYTHON) -m deploy.local.install test
	@$(if $(LONG),YIWANG_FAULTS=long) $(IN_ENVIRONMENT) -m pytest tests/faults $(if $(LONG),-m "long or not long") $(ARGS)

lint: ## ruff, mypy, import-linter and the deployment files
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m pytest tests/lint $(ARGS)

format: ## format the code the way lint wants it
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m ruff check --fix --quiet .
	@$(IN_ENVIRONMENT) -m ruff format .

compose-env: ## write .env with random secrets for `docker compose up` (LOCAL=1 adds demo people and data)
	@deploy/compose/env.sh $(if $(LOCAL),--local)

compose-test: ## build the images, run the composed platform and play the story against it (needs docker)
	@$(PYTHON) -m deploy.local.install test
	@deploy/compose/test.sh

# --- what is generated, and how fast it is

docs: ## write docs/openapi and docs/asyncapi.yaml anew
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m shared.docs

bench: ## measure intake, lifecycle, events and memory; prints a table, writes JSON
	@$(PYTHON) -m deploy.local.install test
	@$(IN_ENVIRONMENT) -m tests.bench $(ARGS)

lock: ## choose the newest versions of all Python packages and write requirements*.txt
	$(NEEDS_ENVIRONMENT)
	@$(IN_ENVIRONMENT) -m deploy.local.lock

# Every command a person needs, from a bare checkout. Only Python 3.11 or newer is needed.
PYTHON ?= python3
BIN := .venv/bin
TESTS ?=
.DEFAULT_GOAL := help
.PHONY: help demo code codes test check format contract probe mutants bench pages containers lock

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

demo: ## provider, worker and four departments on this machine, until Ctrl-C (MUTANT=M14: with a fault, to practise on)
	@$(PYTHON) -m tools.bootstrap demo
	@MUTANT="$(MUTANT)" $(BIN)/python -m tools.demo

code: ## the demo citizen's authenticator code of this moment
	@$(BIN)/python -m tools.demo code

codes: ## everybody in the demo: email, password and the code of this moment
	@$(BIN)/python -m tools.demo codes

test: ## every test, on SQLite and PostgreSQL, with coverage (TESTS="tests/domain -k totp" for some)
	@$(PYTHON) -m tools.bootstrap test
	@$(BIN)/python -m tools.run_tests $(TESTS)

check: ## format, lint, types, import contracts, templates, translations, locks
	@$(PYTHON) -m tools.bootstrap check
	@$(BIN)/python -m tools.check

format: ## put every Python file into the one format
	@$(PYTHON) -m tools.bootstrap check
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

contract: ## the rows of One Login's wire contract with their results, into var/contract.json
	@$(PYTHON) -m tools.bootstrap test
	@$(BIN)/python -m tools.contract

probe: ## attack the demo, or a provider started for it; reports in var/probe/ (ONLY=AUTHZ,TOKEN-01 COMPARE=older/report.json)
	@$(PYTHON) -m tools.bootstrap test
	@REPORT="$(REPORT)" $(BIN)/python -m tools.probe $(if $(ONLY),--only "$(ONLY)") $(if $(COMPARE),--compare $(abspath $(COMPARE)))

mutants: ## plant faults, one at a time; does the probe notice? (ONLY=M14,M15 FULL=1) var/mutants.json
	@$(PYTHON) -m tools.bootstrap test
	@ONLY="$(ONLY)" FULL="$(FULL)" $(BIN)/python -m tests.mutants

bench: ## flows per second, latency, memory, into var/bench.json (PEER=1 measures oidc-provider too)
	@$(PYTHON) -m tools.bootstrap test
	@PEER=$(PEER) $(BIN)/python -m tests.bench

pages: ## pictures of every page in both languages and two widths, each with its axe result, in var/pages/
	@$(PYTHON) -m tools.bootstrap test
	@$(BIN)/python -m tests.acceptance.pictures

containers: ## build the image, start the compose stack, sign in through it, stop it
	@$(PYTHON) -m tools.bootstrap check
	@$(BIN)/python -m tools.containers

lock: ## choose versions anew within pyproject.toml's bounds and write requirements*.txt
	@$(PYTHON) -m tools.bootstrap check
	@$(BIN)/python -m tools.lock

# `make` alone lists the targets. Everything they need is installed by themselves into .venv.
PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run backup restore test lint format bench soak screenshots lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ## set up what is missing and serve the product
	@$(PYTHON) deploy/setup.py product
	@exec $(VENV)/python app.py

backup: ## keep everything in one file, while it runs or not: make backup TARGET=/somewhere
	@$(PYTHON) deploy/setup.py product
	@$(VENV)/python -m deploy.backup $(or $(TARGET),$(error Say where to: make backup TARGET=/somewhere))

restore: ## make a site of such a file, in an empty var/: make restore SOURCE=/somewhere/nichewise-….zip
	@$(PYTHON) deploy/setup.py product
	@$(VENV)/python -m deploy.restore $(or $(SOURCE),$(error Say from what: make restore SOURCE=/somewhere/file.zip))

test: ## set up what is missing, lint, type-check, check imports, run every test
	@$(PYTHON) deploy/setup.py tests
	@$(MAKE) --no-print-directory lint
	$(VENV)/pytest -m "not browser and not soak and not live" -n 2 --dist loadfile
	$(VENV)/pytest -m "browser and not soak and not live" -n 2 --dist loadfile --no-loadscope-reorder

lint: ## ruff, mypy, import contracts
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy .
	$(VENV)/lint-imports

format: ## write the code the way lint wants it
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

bench: ## measure quality, speed and start-up; results go to bench/results
	@$(PYTHON) deploy/setup.py tests
	$(VENV)/python -m bench

soak: ## kills, load and large data, outside `make test`
	@$(PYTHON) deploy/setup.py tests
	$(VENV)/pytest -m soak --timeout=3600

screenshots: ## every page at 1280 and 390 px, light and dark, in both languages
	@$(PYTHON) deploy/setup.py tests
	$(VENV)/python -m tests.browser.screenshots

lock: ## compile requirements*.in to requirements*.txt
	$(VENV)/pip-compile $(LOCK) -o requirements.txt requirements.in
	$(VENV)/pip-compile $(LOCK) -o requirements-dev.txt requirements-dev.in
	sed -i 's/+cpu//' requirements.txt requirements-dev.txt
LOCK := --quiet --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean: ## remove the virtual environment and caches; var/ with your data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis tests/artifacts
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

# `make` tells what there is. Everything goes through scripts/, so make is a convenience, not a requirement.
.DEFAULT_GOAL := help
.PHONY: help run test setup format lint types contracts generated lock hooks image clean
BIN := .venv/bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start everything on this machine (options: make run ARGS="--port 9000")
	@scripts/run $(ARGS)

test: ## prove everything (options for pytest: make test ARGS="-k fever")
	@scripts/test $(ARGS)

setup: ## virtual environment with the tools for development
	@scripts/setup dev

format: setup ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup ## format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup ## mypy --strict
	$(BIN)/mypy

contracts: setup ## who may import whom
	$(BIN)/lint-imports

generated: setup ## write what stands in docs/ and is made from the code
	$(BIN)/lianfang openapi
	$(BIN)/lianfang permissions
	$(BIN)/lianfang workflows

lock: ## write requirements/*.txt from pyproject.toml (newer versions: make lock ARGS=--upgrade)
	@scripts/lock $(ARGS)

hooks: setup ## check before each commit
	$(BIN)/pre-commit install

image: ## container image
	docker build --tag lianfang .

clean: ## remove caches and the virtual environment; data in var/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The two commands are `make run` and `make test`. Everything else is a part of the second.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PIN := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11
# Tests with both cores; `make test PYTEST_ARGS="-n0 -k mail"` narrows them.
PYTEST_ARGS ?= -n 2 --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test lint format types bench bench-broadcast bench-live bench-radar fuzz-mail messages requirements clean

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

run: $(VENV)/.base ## Run the product here, with a demo in it; Ctrl-C stops it
	@STOP_WITH_PARENT=1 exec $(BIN)/python manage.py run

# A change of a requirements file installs it again; otherwise no start waits for pip.
$(VENV)/.base: requirements/base.txt | $(BIN)/python
	@echo "Installing what Ticketdesk needs (the first time takes a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/base.txt | $(BIN)/python
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/.base

$(BIN)/python:
	@sh ticketdesk/deploy/make-venv.sh "$(PYTHON)" $(VENV)

test: lint types ## Install what it needs and check everything
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/lint-imports --no-logo
	@$(MANAGE) makemigrations --check --dry-run
	@$(MANAGE) compile_messages

types: $(VENV)/.dev
	@$(BIN)/mypy

format: $(VENV)/.dev ## Put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev ## Print figures of speed; makes a house of a million tickets the first time
	@$(BIN)/python -m tests.benchmarks.workspace $(BENCH_ARGS)
	@$(BIN)/python -m pytest -n0 -s -q tests/benchmarks/bench_live_hints.py

bench-broadcast: $(VENV)/.dev ## Print how fast a broadcast to ten thousand goes; MANY=1000 for a try
	@$(BIN)/python -m pytest -n0 -s -q tests/benchmarks/bench_broadcast.py

bench-live: $(VENV)/.dev ## Print how a contact centre bears its load: 500 agents, 20 events a second
	@$(BIN)/python -m pytest -n0 -s -q tests/benchmarks/bench_live.py

bench-radar: $(VENV)/.dev ## Print how well alike tickets are found, and how fast
	@$(BIN)/python -m tests.benchmarks.radar $(BENCH_ARGS)

fuzz-mail: $(VENV)/.dev ## Read 200,000 damaged mails; FUZZ_ARGS="--mails 5000" for a try
	@$(BIN)/python -m tests.benchmarks.fuzz_mail $(FUZZ_ARGS)

messages: $(VENV)/.dev ## Collect and compile the translations
	@$(MANAGE) collect_messages

requirements: $(BIN)/python ## Pin and hash what pyproject.toml asks for
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(PIN) --output-file requirements/base.txt pyproject.toml
	@$(PIN) --extra dev --constraint requirements/base.txt --output-file requirements/dev.txt pyproject.toml

clean: ## Remove what tools made; the data in var/ stays
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# ModStation. `make run` opens the demo, `make test` runs the tests; each first sets up what is missing.
#   PYTHON=python3.12   the Python to build .venv with (3.11 or newer)
#   SYSTEM=skip         do not look for system libraries
PYTHON ?= python3
SYSTEM ?= install
ONLY ?=
ROUNDS ?=
ARGS ?=

BIN := .venv/bin
SET_UP = @PYTHON="$(PYTHON)" SYSTEM="$(SYSTEM)" sh tools/setup.sh
OFFSCREEN = QT_QPA_PLATFORM=offscreen
TYPED_TOOLS = setup measure check_code check_house
CHECKS = check-lint check-format check-types check-imports check-house

.DEFAULT_GOAL := help
.PHONY: help setup ready run test check $(CHECKS) measure screenshots bench lock clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Set up without starting anything
	@PYTHON="$(PYTHON)" SYSTEM="$(SYSTEM)" QT_QPA_PLATFORM="$${QT_QPA_PLATFORM:-offscreen}" sh tools/setup.sh run

run: ## Set up, start the demo forum and open the window on it
	$(SET_UP) run
	@exec $(BIN)/modstation demo

test: ## Set up and run every test, without a screen (ARGS=... goes to pytest)
	$(SET_UP) test
	$(OFFSCREEN) $(BIN)/python -m pytest $(ARGS)

check: ready ## Lint, format, types, layers and the house rules; all are run, then all that failed is said
	@$(MAKE) --keep-going --no-print-directory $(CHECKS)

ready:
	$(SET_UP) check

check-lint:
	$(BIN)/ruff check .

check-format:
	$(BIN)/ruff format --check .

check-types:
	$(BIN)/mypy --package modstation --package benchmarks $(TYPED_TOOLS:%=--module tools.%)

check-imports:
	$(BIN)/lint-imports

check-house:
	$(BIN)/python -m tools.check_house

measure: ready ## Print the measures of the source tree
	$(BIN)/python -m tools.measure

screenshots: ## Draw docs/screenshots from the real window over the demo forum
	@QT_QPA_PLATFORM=offscreen PYTHON="$(PYTHON)" SYSTEM="$(SYSTEM)" sh tools/setup.sh run
	$(OFFSCREEN) $(BIN)/python tools/screenshots.py

bench: ## Measure every claim, one JSON line each (ONLY=NAME, ROUNDS=N)
	$(SET_UP) test
	$(OFFSCREEN) $(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

lock: ## Rewrite requirements.lock after a change of pyproject.toml
	@PYTHON="$(PYTHON)" ARGS="$(ARGS)" sh tools/lock.sh

clean: ## Remove caches and build output
	rm -rf build dist bench-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove the virtual environment too
	rm -rf .venv .setup.lock src/modstation.egg-info

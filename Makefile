.PHONY: help run setup setup-dev assets translations demo-reset test check bench bench-city format lock clean
.DEFAULT_GOAL := help

BIN := .venv/bin
# Tests run in this many processes; `make test TESTS=tests/unit` runs a part, WORKERS=0 all in one process.
WORKERS ?= 2
TESTS ?=
CODE := maskres tests $(wildcard benchmarks)

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1 — /p' Makefile

setup: ## make .venv with what running needs; quick when nothing changed
	@scripts/set-up-venv.sh requirements.txt

setup-dev: ## the same with what working on it needs
	@scripts/set-up-venv.sh requirements.txt requirements-dev.txt

assets: setup ## build the pages' style sheets, scripts and translations
	@scripts/build-assets.sh

translations: setup ## bring the catalogues up to the words in code and pages
	@cd maskres/web && ../../$(BIN)/pybabel --quiet extract -F translations/babel.cfg -k lazy_gettext --no-location --no-wrap \
		--sort-output --project maskres -o translations/messages.pot . && ../../$(BIN)/pybabel --quiet update \
		-i translations/messages.pot -d translations --no-fuzzy-matching --no-wrap --ignore-obsolete --ignore-pot-creation-date

# Else every process would compile all modules anew, which takes longer than all the rest of a second start.
run: export PYTHONDONTWRITEBYTECODE :=
run: setup assets ## serve a living demo city at http://127.0.0.1:8000
	@$(BIN)/python -m maskres demo serve

demo-reset: setup ## remove the demo city from the instance folder; the next start makes a new one
	@$(BIN)/python -m maskres demo reset

test: setup-dev assets ## run the tests, on real servers
	@scripts/install-servers.sh
	@scripts/install-page-checkers.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

check: setup-dev ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-logo --no-cache

bench: setup-dev assets ## run the benchmarks; their figures go to benchmarks/results.json and docs/performance.md
	@scripts/install-servers.sh
	$(BIN)/python -m benchmarks

bench-city: setup-dev assets ## run the long benchmarks; SCALE=0.01 tries them at a hundredth, and keeps nothing
	@scripts/install-servers.sh
	$(BIN)/python -m benchmarks city $(SCALE)

pictures: setup-dev assets ## take the pictures that README and docs show, by a real browser in the demo city
	@scripts/install-servers.sh
	$(BIN)/python scripts/take_pictures.py

format: setup-dev ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## pin the requirements anew (needs uv)
	uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' requirements.in -o requirements.txt
	uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' requirements-dev.in -o requirements-dev.txt

clean: ## remove .venv, caches and build output; instance/ stays
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find maskres tests $(wildcard benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +

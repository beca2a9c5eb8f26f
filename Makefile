# make run     the demo city at http://127.0.0.1:8000   (PORT=…, CITY=mohe|1k|10k|100k)
# make test    everything, PostGIS and browser included
# make check   style, types, layers, docstrings, docs
# make setup   the set-up alone; leaves .venv/bin/gridmap
# make bench   ours against its peers
# Each does all of its own set-up on Debian 12 with Python 3.11, make, and root or sudo.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
CITY ?= mohe
WORKERS ?= 2

BIN := .venv/bin
REGISTER := demo/$(CITY)/register.gpkg
export GRIDMAP_DATABASE_URL ?= gpkg:///$(REGISTER)

.PHONY: help
help:
	@sed -n '1,6s/^# //p' Makefile

# --- set-up -------------------------------------------------------------------------------------

.PHONY: setup
setup: .venv/runtime-ready web/static/vendor/ready

.venv/bin/python:
	bash .ci/packages venv
	$(PYTHON) -m venv .venv

.venv/runtime-ready: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

.venv/dev-ready: requirements-dev.lock .venv/runtime-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# the other owner of the name `web`, beside which the wheel must live (tests/scenarios/test_wheel.py)
.venv/beside/ready: requirements-beside.lock | .venv/bin/python
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes -d .venv/beside -r requirements-beside.lock
	touch $@

web/static/vendor/ready: web/package-lock.json web/vendoring.py .venv/runtime-ready
	bash .ci/packages npm
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	$(BIN)/python -m web.vendoring
	touch $@

.PHONY: dev
dev: setup .venv/dev-ready .venv/beside/ready

# --- the two commands of the README -----------------------------------------------------------------

.PHONY: run
run: setup $(REGISTER)
	$(BIN)/gridmap serve --port $(PORT)

$(REGISTER):
	$(BIN)/gridmap demo --city $(CITY) --folder demo/$(CITY)

.PHONY: test
test: dev check
	bash .ci/packages postgis chromium webkit
	CI=$${CI:-true} $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# --- for those who work on it -----------------------------------------------------------------------

.PHONY: check
check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:cacheprovider --collect-only tests >/dev/null
	$(BIN)/python -m pytest -q -p no:cacheprovider --doctest-modules gridmap geodata --ignore=geodata/migrations
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

.PHONY: bench
bench: dev
	$(BIN)/python -m tests.benchmarks

.PHONY: lock
lock: dev
	$(BIN)/python -m pip install --quiet uv
	bash .ci/lock

.PHONY: clean
clean:
	rm -rf .venv demo docs/_build web/node_modules web/static/vendor

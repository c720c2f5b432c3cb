# Everything a clone needs, made inside the clone: only pip's own cache lies elsewhere. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

# matplotlib would otherwise write its font list to the home folder
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/var/cache/matplotlib

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test lint types bench bench-seeds bench-rivals calibrate sample world docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## make .venv and install commlab with its exact dependencies

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet -e '.[dev]' -c constraints.txt
	@touch $@

demo: install ## the whole path in minutes: train, record, probe, inject, report
	$(BIN)/commlab demo

test: install ## the test suite, without the slow tests
	$(ONE_THREAD) $(BIN)/pytest tests

lint: install ## style, format and the floors that imports may cross
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: install ## type check, through the links
	$(BIN)/mypy -p commlab

bench: install ## measure everything, into bench.json
	$(ONE_THREAD) $(BIN)/python tests/bench/run.py

bench-%: install ## measure one group, such as bench-start
	$(ONE_THREAD) $(BIN)/python tests/bench/run.py --only $*

bench-seeds: install ## the demo for six seeds, with grounding and without: half an hour and more
	$(BIN)/python tests/bench/seeds.py

bench-rivals: install ## who tells and believes whom among rivals, for three seeds: half an hour
	$(BIN)/python tests/bench/rivals.py

calibrate: install ## how often the tests find something where there is nothing, into docs/calibration.md: half an hour
	$(ONE_THREAD) $(BIN)/python tests/bench/calibrate.py

sample: install ## train and record anew the agents that ship with the package
	$(BIN)/python tests/bench/sample.py

world: install ## draw the pictures of docs/world.md anew, the library's page and the file format's tables
	$(BIN)/python docs/draw.py
	$(BIN)/python docs/site/schema.py

docs: install ## the documents as a site, into site/: open site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean: ## remove the environment, builds and caches; runs/ stays
	rm -rf $(VENV) build dist *.egg-info site bench.json
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find commlab env probes datasets figures tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Libraries that spin up a thread a core slow each other down: tests and benches give each one thread.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1

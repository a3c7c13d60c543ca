# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11+ and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One torch thread a worker: two workers on two cores.
WORKERS ?= 2
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM := false
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: demo test slow check format lint types layers install docs screenshots clean

demo: $(STAMP)
	$(BIN)/assay demo

test: $(STAMP)
	$(BIN)/pytest -n $(WORKERS) -q

slow: $(STAMP)
	$(BIN)/pytest -n $(WORKERS) -q -m "slow and not gpu"

check: lint types layers test

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The pictures of the dashboard in the README; needs Chromium.
screenshots: $(STAMP)
	$(BIN)/python docs/screenshots.py

install: $(STAMP)

# torch comes first and by its exact version, so that a CPU build is taken where one is at hand.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[all,dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

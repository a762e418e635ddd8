# One verb per task; each does all the set-up it needs.
#
#   make demo     crawl a simulated Internet and show what was found
#   make test     run every check and test
#   make lint     style and types only
#   make bench    measure speed and memory (N=2000 domains)
#   make setup    what the others call first

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
N ?= 2000

.PHONY: demo test lint bench setup system

demo: setup
	$(BIN)/python -m tests.demo

test: lint
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m tests.bench --domains $(N)

setup: system $(VENV)/ready

$(VENV)/ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Debian packages that hold the programs we call; installed as root, named otherwise.
system:
	@PYTHON=$(PYTHON) sh tests/system-packages.sh

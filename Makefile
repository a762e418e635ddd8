# One verb per task; each does all the set-up it needs.
#
#   make demo     crawl a simulated Internet and show what was found
#   make test     run every check and test
#   make test-fast  run the checks, and the tests that need no crawl, browser or database server
#   make lint     style and types only
#   make bench    measure speed and memory (N=2000 domains)
#   make bench-resume  measure how long a large crawl takes to go on (LIST=1000000 domains)
#   make bench-publish  measure what publishing a crawl costs (N=100000 domains)
#   make bench-web  measure how quickly the website's API answers (SQLite and MariaDB)
#   make torture  kill a crawl again and again (KILLS=100) and compare what it found
#   make docs     check documents, and run the commands that they show
#   make smoke    build the wheel, install it elsewhere and use it there
#   make lock     write constraints*.txt anew, after a change of requirements*.txt
#   make fresh    run VERB=demo or VERB=test on a minimal Debian (SUITE=bookworm or trixie), as root
#   make setup    what the others call first

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
N ?= 2000
LIST ?= 1000000
KILLS ?= 100
SUITE ?= bookworm
VERB ?= test
# Crawls mostly wait, so that two cores can run three.
WORKERS ?= 3
# One file of tests at a time for each worker, in the order of tests/tiers.py.
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-fast lint docs bench bench-resume bench-publish bench-web torture smoke lock fresh setup system

demo: setup
	$(BIN)/python -m simnet.demo

# Reaches what it calls: tests need programs that nothing else needs.
test: export FOR_TESTS = 1
test: lint
	$(PYTEST) -n $(WORKERS)

test-fast: lint
	$(PYTEST) -n 2 -m "not (crawl or browser or database or slow)"

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: setup
	$(BIN)/python -m pytest tests/docs

bench: setup
	$(BIN)/python -m benchmarks.crawl --domains $(N)

bench-resume: setup
	$(BIN)/python -m benchmarks.resume --domains $(LIST)

bench-publish: N = 100000
bench-publish: setup
	$(BIN)/python -m benchmarks.publish --domains $(N)

bench-web: setup
	$(BIN)/python -m benchmarks.web

torture: setup
	$(BIN)/python -m tools.killing --kills $(KILLS) --jobs /dev/shm

smoke: setup
	$(BIN)/python -m tools.smoke

# Not after setup, which fails as long as a requirement has no version in constraints*.txt.
lock:
	PYTHON=$(PYTHON) tools/lock.sh

fresh:
	tools/fresh-machine.sh $(SUITE) $(VERB)

setup: system $(VENV)/ready

# Exact versions, each file checked against its hash; nothing is built, for what a build needs has no hash.
# The second line finds a requirement that constraints*.txt do not meet.
$(VENV)/ready: requirements.txt requirements-dev.txt constraints.txt constraints-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --only-binary :all: -r constraints.txt -r constraints-dev.txt
	$(PIP) --no-index -r requirements-dev.txt || { echo "constraints*.txt are out of date: run make lock" >&2; exit 1; }
	touch $@

# Debian packages that hold the programs we call; installed as root, named otherwise.
system:
	@PYTHON=$(PYTHON) sh tools/system-packages.sh

# One verb per task; each one runs the setup it needs.
#
#   make demo     crawl a simulated Internet and show the results
#   make test     run every check and test
#   make test-fast  run the tests that need no crawl, browser or database server
#   make lint     check style, spelling and types only
#   make bench    measure speed and memory (N=2000 domains)
#   make bench-resume  measure how long a large crawl takes to resume (LIST=1000000 domains)
#   make bench-publish  measure the time and memory of publishing a crawl (N=100000 domains)
#   make bench-processes  measure what sharing a crawl costs, and what several processes gain (N=2000 domains)
#   make bench-many  measure how many answers PostgreSQL stores for several processes
#   make bench-gather  measure how long it takes to gather the answers of a shared crawl (N=100000 domains)
#   make bench-peers  compare our probes with dnsperf, fping and scamper
#   make bench-web  measure the response times of the website and its API
#   make truth    crawl the simulated Internet with N=3000 more domains, drawn by SEED=1, and compare all facts
#   make torture  kill a crawl repeatedly (KILLS=100) and compare its results
#   make torture-many  break crawls that several processes share (KILLS=100 LIST=1000 SEED=), and compare; needs root
#   make docs     check the documents, and run the commands in them
#   make smoke    build the wheel, install it outside the clone and test it
#   make lock     regenerate constraints*.txt after a change of requirements*.txt
#   make fresh    run VERB=demo or VERB=test on a minimal Debian (SUITE=bookworm or trixie), as root
#   make setup    install everything; the other verbs call it

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
N ?= 2000
LIST ?= 1000000
KILLS ?= 100
SEED ?= 1
SUITE ?= bookworm
VERB ?= test
# Crawls mostly wait, so that two cores can run five.
WORKERS ?= 5
# One file of tests at a time for each worker, in the order of tests/tiers.py; the first worker begins at its end.
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

# Tests start hundreds of commands, which would compile the package each time: 0.1 to 0.2 s of a processor.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast lint docs bench bench-resume bench-publish bench-web bench-processes bench-many bench-gather bench-peers truth torture torture-many smoke lock fresh setup system

demo: setup
	$(BIN)/python -m simnet.demo

# Exported to the scripts it calls: tests need additional programs.
test: export FOR_TESTS = 1
test: lint
	$(PYTEST) -n $(WORKERS)

test-fast: setup
	$(PYTEST) -n $(WORKERS) -m "not (crawl or browser or database or slow)"

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
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

bench-processes: setup
	$(BIN)/python -m benchmarks.processes --domains $(N)

bench-peers: setup
	$(BIN)/python -m benchmarks.peers --domains $(N)

truth: N = 3000
truth: setup
	$(BIN)/python -m pytest tests/truth --domains $(N) --seed $(SEED)

torture: setup
	$(BIN)/python -m tools.killing --kills $(KILLS) --jobs /dev/shm

bench-many: setup
	$(BIN)/python -m benchmarks.many

bench-gather: N = 100000
bench-gather: setup
	$(BIN)/python -m benchmarks.gather --domains $(N)

torture-many: LIST = 1000
torture-many: setup
	$(BIN)/python -m tools.many --kills $(KILLS) --domains $(LIST) $(if $(SEED),--seed $(SEED)) $(PROOFS)

smoke: setup
	$(BIN)/python -m tools.smoke

# Does not depend on setup, which fails while a requirement has no version in constraints*.txt.
lock:
	PYTHON=$(PYTHON) tools/lock.sh

fresh:
	tools/fresh-machine.sh $(SUITE) $(VERB)

setup: system $(VENV)/ready

# Exact versions, each file checked against its hash. Nothing is built, because build dependencies have no hashes.
# The second install fails if constraints*.txt do not meet a requirement.
$(VENV)/ready: requirements.txt requirements-dev.txt constraints.txt constraints-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --only-binary :all: -r constraints.txt -r constraints-dev.txt
	$(PIP) --no-index -r requirements-dev.txt || { echo "constraints*.txt are out of date: run make lock" >&2; exit 1; }
	touch $@

# Debian packages of the programs that the project calls: installed if run as root, otherwise listed.
system:
	@PYTHON=$(PYTHON) sh tools/system-packages.sh

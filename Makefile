# xunqin: `make demo` shows it at work, `make test` proves it.
# Everything is prepared by these targets on Debian or Ubuntu with Python 3.11+ and make.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
PIP_LOCKED := $(PIP) --no-deps --require-hashes --no-build-isolation
PEOPLE ?= 20000
PHOTOS ?=
PORT ?= 8420
SECONDS ?= 600
CASES ?= 5000

.PHONY: env demo test check unit fuzz wheel peers lock system-test clean

env: $(VENV)/.ready

$(VENV)/.venv:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh docs/system-packages.sh venv
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.ready: $(VENV)/.venv requirements-build.txt requirements.txt pyproject.toml
	$(PIP) --no-deps --require-hashes -r requirements-build.txt
	$(PIP_LOCKED) -r requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready requirements-test.txt
	$(PIP_LOCKED) -r requirements-test.txt
	@touch $@

demo: env
	$(BIN)/xunqin demo --people $(PEOPLE) --port $(PORT) $(if $(PHOTOS),--photos "$(PHOTOS)")

test: check unit wheel

check: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.ready-test system-test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# CASES at the doors, spoiled pictures at the intake and spoiled files and cursors at every group of
# readers for SECONDS each; not in `make test`. Where atheris has no wheel, chance does the spoiling.
fuzz: $(VENV)/.ready-test
	-$(PIP_LOCKED) --only-binary :all: -r requirements-fuzz.txt
	$(BIN)/python -m tests.fuzz.doors --cases $(CASES)
	$(BIN)/python -m tests.fuzz.photos --seconds $(SECONDS)
	$(BIN)/python -m tests.fuzz.guided --seconds $(SECONDS)

# The wheel, built and started in an environment of its own.
wheel: $(VENV)/.ready
	sh tests/wheel_smoke.sh $(BIN)/python

# What `python -m benchmarks fused --vs` compares with, in an environment of its own.
peers: $(VENV)-peers/.ready

$(VENV)-peers/.ready: requirements-peers.txt
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements-peers.txt \
		|| { echo "nomenklatura 需要 libicu-dev、pkg-config 和编译器 / nomenklatura needs libicu-dev, pkg-config and a C++ compiler"; exit 1; }
	@touch $@

# PostgreSQL and Chromium for the tests: installed where that is possible, else the tests say so.
system-test:
	@sh docs/system-packages.sh test

# Write the pinned, hashed requirements anew from pyproject.toml (needs uv).
lock:
	printf 'dlib ; python_version < "3"\n' > .overrides.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --override .overrides.txt pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group build -o requirements-build.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --override .overrides.txt --constraint requirements.txt --group test --group build -o requirements-test.txt
	uv pip compile --quiet --python-version 3.11 --only-binary :all: --generate-hashes --no-header --group fuzz -o requirements-fuzz.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group peers -o requirements-peers.txt
	rm .overrides.txt

clean:
	rm -rf $(VENV) $(VENV)-peers dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache

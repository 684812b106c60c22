# The desk's commands. Everything is installed into .venv from the lock files, by hash; nothing else is needed than
# Python 3.11 with venv, make and CA certificates.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all:
RUNTIME := $(VENV)/.installed-runtime
TESTING := $(VENV)/.installed-testing
BROWSER := $(VENV)/.browser-found
# One more than two cores: whoever waits for a server leaves its core to another.
WORKERS ?= 3

.PHONY: run test soak lint format promises lock venv venv-test

run: $(RUNTIME)
	@exec $(BIN)/python manage.py up --with-parent

test: $(TESTING) $(BROWSER)
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(TESTING) $(BROWSER)
	@SOAK=1 exec $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(TESTING)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --lint templates
	$(BIN)/djlint --check templates

format: $(TESTING)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes docs/promises.md from the markers on tests.
promises:
	@$(BIN)/python -m tests.promises

venv: $(RUNTIME)

venv-test: $(TESTING)

# Fetched only where the machine has no Chromium of its own.
$(BROWSER): tests/browser/chromium.py $(TESTING)
	@$(BIN)/python -m tests.browser.chromium
	@touch $@

# Python of the virtual environment; made anew when the environment was deleted.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

# The stamps make a second start instant: nothing is installed until a lock file changes.
$(RUNTIME): requirements.lock | $(BIN)/python
	@echo "Installing what the desk needs ..."
	@$(PIP) -r requirements.lock
	@touch $@

$(TESTING): requirements.lock requirements-test.lock | $(BIN)/python
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-test.lock
	@touch $(RUNTIME) $@

# Both lock files hold names, versions and hashes, no addresses: any mirror will do.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: | $(BIN)/python
	@$(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) pyproject.toml -o requirements.lock
	$(UV_COMPILE) --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

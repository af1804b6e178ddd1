# Everything here needs Python 3.11 or newer, its pip, and make; nothing else. Node, uv and the tools come as wheels.
# A step leaves a stamp and is done again only when what it was made from has changed.

PYTHON ?= python3
ARGS ?=
UPGRADE ?=

AS_PIP = $(PYTHON) "$(CURDIR)/tools/as_pip.py"
UV = $(AS_PIP) .tools/bin/uv
WITH_NODE = env PATH="$(CURDIR)/.venv/bin:$$PATH"
NPM_QUIET = --no-audit --no-fund --no-update-notifier --loglevel=error
COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(UPGRADE)

CONSOLE_SOURCES := $(wildcard web/*.html web/*.ts web/*.json) $(shell find web/src web/public -type f 2>/dev/null)

.PHONY: help setup run test lint test-web bench docs diagrams wheel requirements clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

setup: .venv/ready .venv/kernels web/dist/index.html ## what run and test need; leaves .venv/bin/safeconduct

run: setup ## a rehearsal through the whole system, with its console; ARGS="--variant uncoordinated"
	@.venv/bin/safeconduct run $(ARGS)

test: setup lint test-web ## every check that a change must pass; ARGS="-k tracker" for pytest
	.venv/bin/python -m pytest $(ARGS)

lint: setup ## style, types and floors
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	cd web && $(WITH_NODE) npm run --silent lint

test-web: setup
	cd web && $(WITH_NODE) npm run --silent test

bench: setup ## the figures that the README quotes; takes minutes
	@for script in start tracking_table tracking_live registration identity identity_bound identity_load rehearsal receipt record crash; do \
		echo "== benchmarks/$$script.py"; .venv/bin/python benchmarks/$$script.py || exit 1; done

docs: .tools/docs/ready .venv/ready ## the documentation, into site/
	.venv/bin/python tools/draw_states.py --check
	NO_MKDOCS_2_WARNING=1 .tools/docs/bin/mkdocs build --quiet --strict

diagrams: .venv/ready ## draw docs/reference/states.md and docs/images/tracking.svg again
	.venv/bin/python tools/draw_states.py
	.venv/bin/python tools/draw_tracking.py

wheel: setup ## a wheel with the console in it, and the source archive, into dist/
	.venv/bin/hatchling build

requirements: .tools/ready ## pin the dependencies again, by hash; UPGRADE=--upgrade takes newer ones
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) --group dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) --group docs -o requirements/docs.txt
	$(COMPILE) requirements/tools.in -o requirements/tools.txt

clean: ## away with all that was made here
	rm -rf .venv .tools .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf dist site web/dist web/node_modules

# The environments. `pip --python` needs no ensurepip, which Debian keeps in a package of its own.

.tools/ready: requirements/tools.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "safeconduct needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=python3.11 ..." >&2; \
		exit 1; }
	@echo "setup: tools"
	@test -x .tools/bin/python || $(PYTHON) -m venv --without-pip .tools
	@$(PYTHON) -m pip --python .tools/bin/python install --quiet --require-hashes --only-binary :all: -r requirements/tools.txt
	@touch $@

.venv/ready: .tools/ready requirements/dev.txt pyproject.toml hatch_build.py
	@echo "setup: Python packages"
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --only-binary :all: requirements/dev.txt
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/kernels: .venv/ready $(wildcard src/safeconduct/kernels/*.py)
	@echo "setup: compiling the tracker's kernels"
	@.venv/bin/python -m safeconduct.picture.warm
	@touch $@

.tools/docs/ready: .tools/ready requirements/docs.txt
	@echo "setup: documentation tools"
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) .tools/docs
	@$(UV) pip sync --quiet --python .tools/docs/bin/python --require-hashes requirements/docs.txt
	@touch $@

# The console.

web/node_modules/ready: web/package.json web/package-lock.json | .venv/ready
	@echo "setup: console packages"
	@cd web && $(AS_PIP) $(WITH_NODE) npm ci --ignore-scripts $(NPM_QUIET)
	@touch $@

web/dist/index.html: web/node_modules/ready $(CONSOLE_SOURCES)
	@echo "setup: console"
	@cd web && $(WITH_NODE) npm run --silent build
	@touch $@

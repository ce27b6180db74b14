# Every target makes .venv and installs from requirements.lock when it must; the second time it does not.

PYTHON ?= python3
RUN := .venv/bin
EDGE := .venv-edge/bin
WORKERS ?= logical
# A worker for each core, which keeps to it and takes tests off another's list when its own is done.
SPREAD := --numprocesses=$(WORKERS) --dist=worksteal
ONE_CORE := OMP_NUM_THREADS=1

.PHONY: help demo test test-edge test-web check bench web

help:  ## what there is to make
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

demo: .venv/installed  ## plain against augmented training on the bundled data: minutes
	$(RUN)/pocketbert demo

test: .venv/installed  ## all tests
	$(ONE_CORE) $(RUN)/pytest $(SPREAD)

test-web: .venv/installed web/node_modules/installed  ## exports in Node and in Chromium, and the page; needs both, Node 20 or newer
	$(RUN)/pytest tests/web

web: web/node_modules/installed  ## build web/ into the package; needs Node 20
	cd web && npm run build

test-edge: .venv-edge/installed test-web  ## exports for phones in LiteRT, MediaPipe and ExecuTorch, after test-web
	$(ONE_CORE) $(EDGE)/pytest $(SPREAD) tests/edge

check: .venv/installed  ## style, types, direction of imports, the README
	$(RUN)/ruff check --no-cache .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/pytest tests/test_readme.py

bench: .venv/installed  ## every study of benchmarks/ in small, to see that it runs: minutes; its README has the whole ones
	for study in training backbone distillation inference studies; do $(RUN)/python benchmarks/$$study/run.py --quick || exit; done
	for script in speed safety variety; do $(RUN)/python benchmarks/augmentation/$$script.py --quick || exit; done

# torch goes first and alone: a request that lets another release in brings gigabytes of CUDA along.
.venv/installed: requirements.lock pyproject.toml
	test -x $(RUN)/python || $(PYTHON) -m venv .venv
	$(RUN)/pip install --quiet torch==2.13.0
	$(RUN)/pip install --quiet --requirement requirements.lock
	$(RUN)/pip install --quiet --no-deps --editable .
	touch $@

web/node_modules/installed: web/package-lock.json
	cd web && npm ci
	touch $@

# litert-torch holds typing-extensions, and so pydantic, at releases older than those of requirements.lock.
.venv-edge/installed: requirements-edge.lock pyproject.toml
	test -x $(EDGE)/python || $(PYTHON) -m venv .venv-edge
	$(EDGE)/pip install --quiet torch==2.13.0
	$(EDGE)/pip install --quiet --requirement requirements-edge.lock
	$(EDGE)/pip install --quiet --no-deps --editable .
	touch $@

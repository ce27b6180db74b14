# Every target makes .venv and installs from requirements.lock when it must; the second time it does not.

PYTHON ?= python3
RUN := .venv/bin

.PHONY: demo test check bench

demo: .venv/installed
	$(RUN)/pocketbert demo

test: .venv/installed
	$(RUN)/pytest

check: .venv/installed
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/pytest tests/test_readme.py

bench: .venv/installed
	$(RUN)/python benchmarks/training/run.py

# torch goes first and alone: a request that lets another release in brings gigabytes of CUDA along.
.venv/installed: requirements.lock pyproject.toml
	test -x $(RUN)/python || $(PYTHON) -m venv .venv
	$(RUN)/pip install --quiet torch==2.13.0
	$(RUN)/pip install --quiet --requirement requirements.lock
	$(RUN)/pip install --quiet --no-deps --editable .
	touch $@

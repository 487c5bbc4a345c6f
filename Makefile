# sddeverify: make demo | test | lint | docs | lab | bench   (each sets up what it needs in .venv)
PY ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PYTHONHASHSEED ?= 0
# One BLAS thread for each process: the tests and the recorded workers are parallel already.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

help:
	@echo "make demo   set up and run the main job: measured workers -> certified report in demo/"
	@echo "make test   set up and pass the tests"
	@echo "make lint   ruff, mypy, import-linter"
	@echo "make docs   build the site strictly into site/"
	@echo "make lab    open the lessons in JupyterLab"
	@echo "make figures   draw the committed figures of README and site anew"
	@echo "make bench  measure speed against other tools"

# One stamp per set of extras, so that the demo need not wait for the test tools.
# uv when it can be had, pip otherwise (NO_UV=1 forces pip).
$(VENV)/.stamp-%: pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sddeverify needs Python 3.11 or newer; set PY=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PY) -m venv $(VENV) || { echo "venv is missing: apt install python3-venv"; exit 1; }
	@if [ -z "$(NO_UV)" ] && $(BIN)/python -m pip install -q --disable-pip-version-check uv 2>/dev/null; then \
	  echo "installing sddeverify[$*] with uv"; $(BIN)/uv pip install -q --python $(BIN)/python -e '.[$*]'; \
	else \
	  echo "installing sddeverify[$*] with pip"; $(BIN)/python -m pip install -q --disable-pip-version-check -e '.[$*]'; \
	fi
	@touch $@

setup: $(VENV)/.stamp-all

demo: $(VENV)/.stamp-report
	$(BIN)/sddeverify report --out demo

test: $(VENV)/.stamp-all
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.stamp-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.stamp-all build/lessons
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The lessons with their outputs, which the site shows; the tests leave them there as well.
build/lessons: $(wildcard notebooks/lessons/*.ipynb) | $(VENV)/.stamp-all
	$(BIN)/python -m pytest -q -n auto tests/notebooks/test_lessons.py -k test_lesson_runs
	@touch $@

# JUPYTER_PATH: the certificate viewer, also where an editable installation has an older one.
# It begins with the first lesson, and asks for no news. Without a screen: make lab LAB_ARGS=--no-browser
lab: $(VENV)/.stamp-all
	@mkdir -p build/jupyter/labextensions && rm -rf build/jupyter/labextensions/sddeverify
	@cp -R sddeverify/labextension build/jupyter/labextensions/sddeverify
	@mkdir -p build/jupyter/labconfig && echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}' \
	  > build/jupyter/labconfig/default_setting_overrides.json
	JUPYTER_PATH="$(CURDIR)/build/jupyter" JUPYTER_CONFIG_PATH="$(CURDIR)/build/jupyter" \
	  $(BIN)/jupyter lab notebooks/lessons --LabApp.default_url=/lab/tree/01_arrivals.ipynb $(LAB_ARGS)

bench: $(VENV)/.stamp-bench
	$(BIN)/python -m pytest benchmarks -p benchmark --benchmark-only

figures: $(VENV)/.stamp-report
	$(BIN)/python notebooks/guides/make_figures.py

.PHONY: help setup demo test lint docs lab bench figures
.SECONDARY:

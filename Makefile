# make run: install what the app needs into .venv and start it on this computer.
# make check: install what the tests need as well; lint, types, known vulnerabilities (make audit)
# and the quick tests, before a commit.
# make test: lint, types and all tests, also slow ones, those in a browser and those of a cluster; what CI
# runs.
# make fuzz: 10,000 damaged files of every kind, read as those of visitors are; some minutes.
# make chaos: work that is killed, damaged folders, many visitors at once; half an hour.
# make docs: the reference of commands and library, into build/docs.
# make release: wheel and sdist into dist/, installed and tried where nothing else is.
# make screenshots: the pictures of the README, taken anew in a browser.
# make model-crowd DATA=path, also model-crowd-small and model-fer2013: train the shipped models again.

VENV := .venv
BIN := $(VENV)/bin
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for name in python3.12 python3.11 python3.13 python3 python; do \
	$$name -c '$(SUPPORTED)' 2>/dev/null && command -v $$name && break; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run check test lint audit fuzz chaos docs release screenshots model-crowd model-crowd-small model-fer2013

run: $(VENV)/run.stamp
	@echo "Starting; open the address below in a browser. Ctrl-C stops it."
	@$(BIN)/python -m dashboard

# A worker for each core, four at most: each may load TensorFlow.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadgroup

check: lint audit
	$(PYTEST) -m "not slow and not browser and not cluster"

test: lint
	$(PYTEST) -m "not cluster"
	$(BIN)/python -m pytest -m cluster

lint: $(VENV)/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(BIN)/python -m tests.tracked_files

# Asks an advisory database; without a network it says that nothing was checked.
audit: $(VENV)/test.stamp
	@$(INSTALL) 'pip-audit>=2.10,<3' || true
	@$(BIN)/python -m tests.audit

fuzz: $(VENV)/test.stamp
	$(BIN)/python -m tests.fuzz

# Killed work, damaged folders, servers on one folder, ten visitors for ten minutes: half an hour.
chaos: $(VENV)/test.stamp
	$(BIN)/python -m tests.chaos

docs: $(VENV)/test.stamp
	$(BIN)/python -m tests.reference build/docs
	@echo "Written: build/docs/commands.md and build/docs/library.md"

# docs/release.md says what to do before and after.
release: $(VENV)/test.stamp
	$(BIN)/python -m tests.release

screenshots: $(VENV)/test.stamp
	$(BIN)/python -m tests.browser.screenshots docs/images

# The shipped models, made again in build/models; each command goes on where it was interrupted.
MADE := build/models
REMAKE := FER_MODELS=$(MADE) FER_RUNS=build/runs $(BIN)/python -m fer
TRAIN := $(REMAKE) train --once --data "$(DATA)" --settings

crowd-parts: data-named $(VENV)/run.stamp
	$(TRAIN) docs/models/crowd-base.json --name crowd-base
	$(TRAIN) docs/models/crowd-tuned.json --name crowd-tuned

AVERAGE := $(REMAKE) average --data "$(DATA)"

# What `python -m benchmarks.prior` found with faces from elsewhere.
MIXED := angry=0.164,disgust=0.101,fear=0.129,happy=0.147,sad=0.114,surprise=0.169,neutral=0.175

model-crowd: crowd-parts
	test -d $(MADE)/crowd-average || $(AVERAGE) --model crowd-base,crowd-tuned --name crowd-average
	$(TRAIN) docs/models/crowd-low.json --name crowd-low
	test -d $(MADE)/crowd-half || $(AVERAGE) --model crowd-average,crowd-low --name crowd-half
	$(TRAIN) docs/models/crowd-plain.json --name crowd-plain
	$(TRAIN) docs/models/crowd-photo.json --name crowd-photo
	$(TRAIN) docs/models/crowd-loose.json --name crowd-loose
	test -d $(MADE)/crowd || $(AVERAGE) --model crowd-plain,crowd-loose --name crowd
	$(REMAKE) card --data "$(DATA)" --model crowd --mixed $(MIXED) --default mixed

model-crowd-small: model-crowd
	test -d $(MADE)/crowd-small || $(REMAKE) quantize --model crowd --data "$(DATA)" --name crowd-small

model-fer2013: crowd-parts
	$(TRAIN) docs/models/fer2013-base.json --name fer2013-base
	$(TRAIN) docs/models/fer2013-light.json --name fer2013-light
	$(TRAIN) docs/models/fer2013-mixed.json --name fer2013-mixed
	$(TRAIN) docs/models/fer2013-taught.json --name fer2013-taught
	$(TRAIN) docs/models/fer2013-again.json --name fer2013-again
	test -d $(MADE)/fer2013-half || $(AVERAGE) --model fer2013-taught,fer2013-again --name fer2013-half
	test -d $(MADE)/fer2013 || $(AVERAGE) --model fer2013-taught,fer2013-half --name fer2013

.PHONY: data-named crowd-parts
data-named:
	@test -n "$(DATA)" || { echo "Name the faces, FER2013 with FER+ votes: make model-crowd DATA=path/to/fer2013.csv"; exit 2; }

$(BIN)/python:
	@"$(PYTHON)" -c '$(SUPPORTED)' 2>/dev/null || { echo "Python 3.11, 3.12 or 3.13 is needed. Install one, or name it: make run PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@rm -rf $(VENV) && "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# One that is incomplete, or of another Python, is made anew with all that belongs into it.
ifneq ($(shell $(BIN)/python -c 'import pip; $(SUPPORTED)' 2>/dev/null && echo sound),sound)
.PHONY: $(BIN)/python $(VENV)/run.stamp $(VENV)/test.stamp
endif

$(VENV)/run.stamp: requirements.txt requirements-train.txt | $(BIN)/python
	@echo "Installing what the app needs: a few minutes the first time, about 2.5 GB"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt requirements-ray.txt requirements.txt requirements-train.txt | $(BIN)/python
	@echo "Installing what the tests need: a few minutes the first time, about 2.7 GB"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

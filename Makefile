# All commands for people, hooks and CI. Needs python3 (3.11 or newer) and make.
#
#   make run                                  the studio in the browser; PORT=8001 for another port
#                                             (FAKE_PROVIDERS=1 adds fakes of the paid services)
#   make video SONG=my.mp3 IDEA="a neon city"  a finished video without a browser
#                                             (CHARACTER= FLAVOR= SCENES= PACE= ASPECT= OUT= are optional)
#   make demo                                 the same with a generated sample song

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv/bin
NODE := $(VENV)/node
BIOME := $(NODE) node_modules/@biomejs/biome/bin/biome
RUN := exec $(VENV)/python -m launcher.run

# Users' text reaches the shell as environment variables, exactly as typed: `$(value)` keeps make from
# expanding a `$` in it, and the quotes in the recipes keep the shell from doing so.
override SONG := $(value SONG)
override IDEA := $(value IDEA)
override CHARACTER := $(value CHARACTER)
override FLAVOR := $(value FLAVOR)
override SCENES := $(value SCENES)
override PACE := $(value PACE)
override ASPECT := $(value ASPECT)
override OUT := $(value OUT)
# On its own line, because macOS's make (3.81) takes `override export` as part of the name.
export SONG IDEA CHARACTER FLAVOR SCENES PACE ASPECT OUT

# Without Python's bytecode files, each of the studio's processes would compile every library again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev run video demo test coverage test-live check bench fuzz-media chaos lock format
.DEFAULT_GOAL := help

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { print "  make " $$1 "\t" $$2 }' Makefile

setup: ## Create .venv and install what is needed to run.
	@$(PYTHON) -I launcher/install.py

setup-dev: ## Also install what tests and checks need.
	@$(PYTHON) -I launcher/install.py --dev

run: setup ## Start the studio and print its address.
	@$(RUN)

video: setup ## Make a video: SONG= IDEA= [CHARACTER= FLAVOR= SCENES= PACE= ASPECT= OUT=]
	@if [ -z "$$SONG" ] || [ -z "$$IDEA" ]; then \
	  echo 'Give a song and an idea: make video SONG=my.mp3 IDEA="a neon city in the rain"' >&2; exit 2; fi
	@$(RUN) --command make_video "--song=$$SONG" "--idea=$$IDEA" $${CHARACTER:+"--character=$$CHARACTER"} \
	  $${FLAVOR:+"--flavor=$$FLAVOR"} $${SCENES:+"--scenes=$$SCENES"} $${PACE:+"--pace=$$PACE"} $${ASPECT:+"--aspect=$$ASPECT"} $${OUT:+"--out=$$OUT"}

demo: setup ## Make a short video with a generated sample song.
	@$(RUN) --command make_demo $${OUT:+"--out=$$OUT"}

test: setup-dev ## Run every test (INSTALL_BROWSER=1 installs Chromium if it is missing).
	@$(VENV)/python -m launcher.browser
	@exec $(VENV)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
	  --reruns 1 --rerun-show-tracebacks

coverage: setup-dev ## Run every test and list the lines that no test reaches.
	@$(VENV)/coverage erase
	@$(VENV)/coverage run -m pytest -q
	@$(VENV)/coverage combine --quiet; $(VENV)/coverage report --skip-covered --skip-empty --sort=cover

test-live: setup-dev ## Run the tests that call paid services; they need the services' keys.
	@exec $(VENV)/python -m pytest -m live

check: setup-dev ## Lint, format, types, import rules, migrations.
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/vulture
	$(VENV)/djlint templates --lint --quiet
	$(BIOME) ci
	$(NODE) node_modules/typescript/bin/tsc -p jsconfig.json
	$(NODE) node_modules/typescript/bin/tsc -p jsconfig.strict.json
	$(VENV)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(VENV)/python manage.py check

format: setup-dev ## Put the code into its form.
	@$(VENV)/ruff check --fix . && $(VENV)/ruff format .
	@$(BIOME) check --write

BENCH ?= draft
bench: setup-dev ## Run a benchmark: BENCH=draft (the default), or another module in bench/
	@exec $(VENV)/python -m bench.$(BENCH)

fuzz-media: setup-dev ## Break a hundred media files at random and take each through the studio: SEED= repeats a run.
	@exec env -u DATABASE_URL -u REDIS_URL SEED=$(SEED) COUNT=$(COUNT) $(VENV)/python -m bench.fuzz_media

chaos: setup-dev ## Kill, freeze, cut off and fill up everything for ten minutes, then check all: SECONDS= SEED= PROJECTS=
	@exec env -u DATABASE_URL -u REDIS_URL $(VENV)/python -m bench.chaos $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(PROJECTS),--projects $(PROJECTS))

lock: setup-dev ## Pin requirements*.in again, for Python 3.11 and newer.
	@$(VENV)/uv pip compile -q --upgrade --universal --fork-strategy fewest --python-version 3.11 \
	  --no-header requirements.in -o requirements.txt
	@$(VENV)/uv pip compile -q --upgrade --universal --fork-strategy fewest --python-version 3.11 \
	  --no-header requirements-dev.in -c requirements.txt -o requirements-dev.txt

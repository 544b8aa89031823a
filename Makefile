# Needs make and Python 3.11 or newer; everything else is installed into .venv.
#   make demo | test | check | bench | install | lock        ARGS="..." goes to the command behind the target.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/base.installed
DEV := $(VENV)/dev.installed
ARGS ?=
export PYTHON ?=

.PHONY: help install demo test check bench lock clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

## install  builds .venv with what the portal needs to run, nothing else
install: $(BASE)

$(BASE): requirements/base.txt
	@requirements/install.sh $(VENV) requirements/base.txt
	@touch $@

$(DEV): requirements/base.txt requirements/dev.txt
	@requirements/install.sh $(VENV) requirements/dev.txt
	@touch $(BASE) $@

## demo     runs everything on this machine and lets one order after the other arrive   ARGS=--once: ends by itself
demo: $(BASE)
	@DEBUG=on exec $(BIN)/python manage.py demo $(ARGS)

## test     runs all tests on a PostgreSQL and a Valkey of its own                      ARGS: for pytest
test: $(DEV)
	@exec $(BIN)/python -m tests $(ARGS)

## check    style, types, import contracts, migrations, Django's deployment checks
check: $(DEV)
	@exec $(BIN)/python -m tests.check $(ARGS)

## bench    measures; one JSON object per line                                          ARGS: names of benchmarks
bench: $(DEV)
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

## lock     compiles requirements/*.in to hash-pinned requirements/*.txt                ARGS=--upgrade: takes newer versions
lock: $(DEV)
	for list in base dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header $(ARGS) \
	    requirements/$$list.in --output-file requirements/$$list.txt || exit 1; \
	done

## clean    removes .venv; what the demo remembers is in var/ and stays
clean:
	rm -rf $(VENV)

# mailflatrate: `make demo` shows it, `make test` proves it. Everything lives in .venv and frontend/node_modules.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SOURCES := src tests bench

.PHONY: help demo test lint bench build tools shots fuzz clean locks messages

help: ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

frontend/node_modules/ready: frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund --silent
	touch node_modules/ready

src/mailflatrate/static/dist/manifest.json: frontend/node_modules/ready $(shell find frontend/src src/mailflatrate/entrypoints/web -type f 2>/dev/null) frontend/vite.config.js
	cd frontend && npm run --silent build

src/mailflatrate/locale/de/LC_MESSAGES/django.mo: src/mailflatrate/locale/de/LC_MESSAGES/django.po .venv/ready
	$(BIN)/python -m mailflatrate.locale.build

build: .venv/ready src/mailflatrate/static/dist/manifest.json src/mailflatrate/locale/de/LC_MESSAGES/django.mo ## Install everything and build the front end

tools: ## Install Chromium and Postfix for the tests, by apt where that is possible
	@bash deploy/tools.sh

demo: build ## Build the demonstration, send it, show what happened, and keep serving
	$(BIN)/mailflatrate demo

test: build tools ## Run every test, the browser's and the Postfix story too
	mkdir -p build
	$(BIN)/pytest -q -m demo > build/demo.log 2>&1 & demo=$$!
	$(BIN)/pytest -q -m "not demo" tests/apps > build/apps.log 2>&1 & apps=$$!
	failed=0; $(BIN)/pytest -q -m "not demo" --ignore tests/apps || failed=$$?
	wait $$apps || failed=$$?
	wait $$demo || failed=$$?
	cat build/apps.log build/demo.log
	exit $$failed

lint: .venv/ready ## Types, style, import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: build tools ## Measure; results in bench/results
	$(BIN)/python bench/run.py

shots: build tools ## Make the screenshots of the README
	$(BIN)/pytest -q tests/browser/test_pages.py -k "en-letter-False or en-ink-False"
	mkdir -p docs/shots
	cp tests/browser/shots/home-en-desktop-light.png docs/shots/home.png
	cp tests/browser/shots/compose-en-desktop-light.png docs/shots/compose.png
	cp tests/browser/shots/report-en-desktop-dark.png docs/shots/report.png

fuzz: build ## Fuzz one parser by coverage: make fuzz TARGET=mail LASTING=3600
	$(BIN)/pip install --quiet atheris
	$(BIN)/python tests/fuzz/run.py $(TARGET) -max_total_time=$(or $(LASTING),3600)

clean: ## Remove what was built and the local data
	rm -rf .venv frontend/node_modules src/mailflatrate/static/dist var build

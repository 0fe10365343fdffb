# mailflatrate: `make demo` shows it, `make test` tests it. Everything is installed in .venv and frontend/node_modules.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SOURCES := src tests bench rig deploy
TEMPLATES := src/mailflatrate/entrypoints/ui/templates src/mailflatrate/apps tests/entrypoints/web/sketches
DESTINATION ?= /opt/mailflatrate

.PHONY: help demo dev test test-rest test-all golden golden-record fresh check size licenses lint fmt bench build install tools shots fuzz clean locks messages docs migrations image deb chart release upgrade

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	# A lock is whole; without --no-deps pip fails once a library locked for its extra has a newer version.
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	echo "$(CURDIR)/rig" > "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/rig.pth"  # for the benchmarks
	touch $@

frontend/node_modules/ready: frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund --silent
	touch node_modules/ready

src/mailflatrate/static/dist/manifest.json: frontend/node_modules/ready $(shell find frontend/src src/mailflatrate/entrypoints -type f 2>/dev/null) frontend/vite.config.js
	cd frontend && npm run --silent build

CATALOGUES := $(wildcard src/mailflatrate/locale/*/LC_MESSAGES/django.po)

%.mo: %.po .venv/ready
	$(BIN)/python -m mailflatrate.locale.build

messages: .venv/ready ## Bring the catalogues of texts up to date, and list what needs a translation
	$(BIN)/python -m mailflatrate.locale.messages
	$(BIN)/python -m mailflatrate.locale.build

build: .venv/ready src/mailflatrate/static/dist/manifest.json $(CATALOGUES:.po=.mo) ## Install everything and build the front end

install: src/mailflatrate/static/dist/manifest.json ## Install without development packages: make install DESTINATION=/opt/mailflatrate
	deploy/install.sh $(DESTINATION) $(PYTHON) $(WITH)

tools: ## Install Chromium, Postfix and other tools for the tests, with apt if possible
	@bash deploy/tools.sh

demo: build ## Set up a demo, send a campaign in it, show the results, and keep serving
	$(BIN)/mailflatrate demo

VITE_PORT ?= 5173

dev: build ## Serve the demo for development: changed texts, styles and views show without a restart
	(cd frontend && VITE_PORT=$(VITE_PORT) exec node_modules/.bin/vite --clearScreen false) &
	trap "kill $$!" EXIT
	MAILFLATRATE_DEBUG=true MAILFLATRATE_VITE_PORT=$(VITE_PORT) $(BIN)/mailflatrate demo

WAITING := tests/story tests/hosts
API := tests/entrypoints/api
ATTACKS := tests/release tests/security
NEWCOMERS := newcomer or not (slow or postfix or browser or demo)

test: ## Run what tests each part: units, apps, pages, API, attacks, a walk in Chromium, a campaign through Postfix
	$(MAKE) --no-print-directory test-all WHICH='and ($(NEWCOMERS))'

test-rest: ## Run what `make test` leaves out: stories, several hosts, all walks in Chromium, slow tests
	$(MAKE) --no-print-directory test-all WHICH='and not ($(NEWCOMERS))'

test-all: build tools ## Run all tests at once
	mkdir -p build
	export PYTHONDONTWRITEBYTECODE=  # or each of some hundred processes compiles every module that it loads
	$(BIN)/python -m compileall -q src/mailflatrate
	declare -A shares
	share() { $$first tests/share.sh "$$1" -m "$$2 $(WHICH)" "$${@:3}" > build/$$1.log 2>&1 & shares[$$1]=$$!; }
	first= share demo demo tests/browser tests/story
	first="nice -n 2"  # what takes longest goes first, so that no share is left alone with one core at the end
	share apps "not demo" tests/apps
	first="nice -n 5"
	share waiting "not demo" $(WAITING) $(API)  # the first two mostly wait for a relay, a worker or a clock
	share attacks "not demo" $(ATTACKS)
	failed=0
	$$first tests/share.sh rest -m "not demo $(WHICH)" $(foreach each,tests/apps $(WAITING) $(API) $(ATTACKS),--ignore $(each)) || failed=$$?
	for name in "$${!shares[@]}"; do wait $${shares[$$name]} || failed=$$?; cat build/$$name.log; done
	cat build/*.unsteady 2>/dev/null || true
	exit $$failed

GOLDEN = PYTHONPATH=src:tests:rig $(BIN)/python -m golden

golden: build ## Compare what every page, email and command shows with tests/golden/recorded
	$(GOLDEN) compare

golden-record: build ## Record anew what every page, email and command shows
	$(GOLDEN) record

fresh: ## Run both commands of the README in a new Debian 13, as a newcomer would (needs root and debootstrap)
	tests/fresh.sh

SINCE ?= HEAD

check: lint build ## Lint, and run the tests that your changes reach: make check [SINCE=origin/main]; before every commit
	reached=$$($(BIN)/python tests/affected.py --since $(SINCE))
	[ "$$reached" != tests ] || exec $(MAKE) test-all  # what everything rests on has changed
	[ -z "$$reached" ] || $(BIN)/pytest -q -m "not slow and not demo and not browser and not postfix" $$reached

size: .venv/ready ## Count lines, modules, carriers and what else may only become less
	$(BIN)/python tests/size.py

licenses: .venv/ready ## List the license of every dependency, and fail on one that would force a license on us
	$(BIN)/python deploy/licenses.py

lint: .venv/ready ## Check types, style, templates and import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/djangofmt --quiet --check $(TEMPLATES)
	$(BIN)/djangofmt --quiet check $(TEMPLATES)
	$(BIN)/lint-imports
	$(BIN)/mypy

migrations: .venv/ready ## Write migrations for model changes
	PYTHONPATH=src $(BIN)/python tests/architecture/migrations.py

docs: .venv/ready ## Write docs/rules.md, docs/schema.md and docs/attacks.md from the code
	for page in rules schema attacks; do PYTHONPATH=src:tests $(BIN)/python tests/architecture/$${page}_page.py > docs/$$page.md; done

fmt: .venv/ready ## Format Python and templates, and apply automatic fixes
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/djangofmt --quiet check --fix $(TEMPLATES)
	$(BIN)/djangofmt --quiet $(TEMPLATES)

locks: .venv/ready ## Lock all requirements except tools.txt by hash: make locks (UPGRADE=1 takes the newest versions)
	$(BIN)/pip install --quiet uv
	cd requirements
	lock() { ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate $(if $(UPGRADE),--upgrade) $${@:2} --output-file $$1.txt; }
	lock main main.in; lock s3 main.in s3.in; lock traces main.in traces.in; lock dev dev.in; lock build build.in

bench: build tools ## Run the benchmarks; results go to bench/results
	$(BIN)/python bench/run.py

shots: build tools ## Make the screenshots of the README from a demonstration
	PYTHONPATH=src:tests:rig $(BIN)/python tests/shots.py

fuzz: build ## Fuzz one parser, guided by coverage: make fuzz TARGET=mail LASTING=3600
	$(BIN)/pip install --quiet atheris
	$(BIN)/python tests/fuzz/run.py $(TARGET) -max_total_time=$(or $(LASTING),3600)

image: ## Build the container image mailflatrate:<version> with docker or podman
	version=$$($(PYTHON) deploy/release.py version)
	$$(command -v docker || command -v podman) build --file deploy/Dockerfile --tag mailflatrate:$$version \
	    --build-arg VERSION=$$version --build-arg REVISION=$$(git rev-parse HEAD) .

deb: src/mailflatrate/static/dist/manifest.json ## Build the Debian package: make deb DEBIAN=13 (or 12)
	deploy/debian/build $(or $(DEBIAN),13)

chart: ## Package the Helm chart
	helm package deploy/helm/mailflatrate --destination build

release: ## Check this tree and tag it: make release VERSION=0.2.0
	$(PYTHON) deploy/release.py check $(VERSION)
	@echo "A tag can't be taken back: have make lint, make test and make upgrade passed on this commit?"
	$(PYTHON) deploy/release.py tag $(VERSION)

upgrade: build ## Test the upgrade: run the previous release's processes on this version's database (takes minutes)
	RELEASE_TESTS=1 $(BIN)/pytest -q tests/release

clean: ## Remove build output and local data
	rm -rf .venv frontend/node_modules src/mailflatrate/static/dist var build

# `make help` lists the targets. Two environments: .venv serves, .venv-dev tests, checks and builds.

PYTHON ?= python3
PORT ?= 3000
DATA ?= $(EMOTION_DATA)
RECIPE ?= compression/recipes/edge.toml
OUT ?= variants
SEEDS ?= 0 1 2
USERS ?= 20
SECONDS ?= 30
# Tests that need no torch.
RUNTIME_TESTS = tests/edgemood tests/service tests/system \
  $(shell grep -LE '^(from|import) (compression|torch)\b' tests/contract/test_*.py)
NPM_GENERATORS = openapi-typescript@7.13.0 typescript@5.9.3
# The default variant of 0.2.0, which `compare` and `subsets` compare with.
FORMER = tests/vectors/apot-kd-0.2.0.safetensors
AGAINST_FORMER = --reference $(basename $(notdir $(FORMER))) --single-label \
  --recipe compression/recipes/edge.toml
NOISE = typos capitals elongations bare entities apostrophes invisible widths handles

export BENTOML_DO_NOT_TRACK := True

SERVE := .venv/bin/python
DEV := .venv-dev/bin/python
WITH_DATA = $(if $(DATA),--data "$(DATA)")
# TEACHER=FOLDER replaces the hub names in the recipe.
WITH_TEACHER = $(if $(TEACHER),--teacher "$(TEACHER)")
# JOBS=N trains different bases in N processes.
BUILD = $(DEV) -m compression build $(if $(JOBS),--jobs $(JOBS))
EVALUATE = $(DEV) -m compression evaluate
BUILDER ?= $(or $(shell command -v docker || command -v podman || command -v buildah),docker)
PIP := -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help serve dev generators test check check-lowest check-python audit wheel build evaluate students ablations goemotions-28 noise compare subsets registers adaptations results survey layers load load-ui fuzz bench-service soak overload footprint attack image bento docs clean

help: ## List the targets
	@grep -E '^[a-z0-9 -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 15

serve: .venv/.installed ## Serve every file of variants/ on PORT (3000)
	PORT=$(PORT) exec $(SERVE) -m service

dev: .venv-dev/.installed ## Create .venv-dev, the environment with torch and the tools

generators: .venv-generators/.installed ## Install two generators of API clients, which a test runs (npm)

test: .venv-dev/.installed ## Run the tests
	$(DEV) -m pytest $(ARGS)

check: .venv-dev/.installed ## Check style, types, import rules and known vulnerabilities
	.venv-dev/bin/ruff check .
	.venv-dev/bin/ruff format --check .
	.venv-dev/bin/mypy
	.venv-dev/bin/lint-imports
	$(DEV) deploy/audit.py

# Recorded responses quote messages of the pinned pydantic and formats of the pinned prometheus-client.
check-lowest: .venv-lowest/.installed ## Test runtime and service with the lowest supported versions
	EDGEMOOD_REQUIRE_ALL= .venv-lowest/bin/python -m pytest $(RUNTIME_TESTS) \
	  --ignore tests/system/recorded/test_recorded_responses.py $(ARGS)

check-python: ## Test runtime and service on Python 3.14 and 3.15, in a chroot of Debian sid (root)
	$(PYTHON) deploy/check_python.py $(RUNTIME_TESTS)

audit: .venv-dev/.installed ## List known vulnerabilities of the service's dependencies, from PyPI
	$(DEV) deploy/audit.py

build: .venv-dev/.installed ## Build the variants of RECIPE from the data in DATA, into OUT (variants)
	$(BUILD) $(RECIPE) $(WITH_DATA) $(WITH_TEACHER) --out $(OUT)
	$(if $(filter variants variants/,$(OUT)),cp variants/apot-kd.safetensors edgemood/data/)

evaluate: .venv-dev/.installed ## Measure variants/ and their teacher on the test split: docs/shipped/
	$(EVALUATE) variants/*.safetensors $(WITH_DATA) $(WITH_TEACHER) --recipe $(RECIPE) --teachers \
	  --reference fp32 --speed --single-label --curves --out docs/shipped/results.json
	$(DEV) -m compression report docs/shipped/results.json --out docs/shipped

students: .venv-dev/.installed ## Build and measure edge.toml with SEEDS (0 1 2): docs/students/
	$(BUILD) compression/recipes/edge.toml $(WITH_DATA) $(WITH_TEACHER) --seeds $(SEEDS) \
	  --out build/students
	$(EVALUATE) build/students/*.safetensors $(WITH_DATA) $(WITH_TEACHER) --teachers \
	  --recipe compression/recipes/edge.toml --out docs/students/results.json
	$(DEV) -m compression report docs/students/results.json --out docs/students

ablations: .venv-dev/.installed ## Measure the small student with one choice changed at a time, on dev: docs/ablations/
	$(BUILD) compression/recipes/ablations.toml $(WITH_DATA) $(WITH_TEACHER) --out build/ablations
	$(EVALUATE) build/ablations/*.safetensors $(WITH_DATA) --split dev \
	  --out docs/ablations/results.json
	$(DEV) -m compression report docs/ablations/results.json --out docs/ablations
	for kind in typos elongations; do \
	  $(EVALUATE) build/ablations/small.s?.safetensors build/ablations/no-backoff.s?.safetensors \
	    $(WITH_DATA) --split dev --noise $$kind --out docs/ablations/$$kind.json || exit 1; \
	done

goemotions-28: .venv-dev/.installed ## Build and measure variants with all 28 labels; fine-tunes their teacher first: docs/goemotions-28/
	$(BUILD) compression/recipes/$@.toml $(WITH_DATA) $(WITH_TEACHER) --out build/$@
	$(EVALUATE) build/$@/*.safetensors $(WITH_DATA) $(WITH_TEACHER) --teachers \
	  --recipe compression/recipes/$@.toml --reference fp32-28 --out docs/$@/results.json
	$(DEV) -m compression report docs/$@/results.json --out docs/$@

noise: .venv-dev/.installed ## Measure variants/ on noisy texts of dev: docs/noise/
	for kind in $(NOISE); do \
	  $(EVALUATE) variants/*.safetensors $(WITH_DATA) --split dev --reference fp32 --noise $$kind \
	    --out docs/noise/$$kind.json || exit 1; \
	done

compare: .venv-dev/.installed ## Compare variants/ and edge.toml with SEEDS with the default of 0.2.0, on film subtitles, too: docs/xed/
	$(BUILD) compression/recipes/edge.toml $(WITH_DATA) $(WITH_TEACHER) --seeds $(SEEDS) \
	  --out build/students
	$(EVALUATE) variants/*.safetensors $(FORMER) $(WITH_DATA) $(WITH_TEACHER) $(AGAINST_FORMER) \
	  --source xed --teachers --out docs/xed/results.json
	$(DEV) -m compression report docs/xed/results.json --out docs/xed
	$(EVALUATE) build/students/*.safetensors $(FORMER) $(WITH_DATA) $(WITH_TEACHER) \
	  $(AGAINST_FORMER) --source xed --teachers --out docs/xed/students.json
	$(EVALUATE) build/students/*.safetensors $(FORMER) $(WITH_DATA) $(AGAINST_FORMER) \
	  --out docs/students/compared.json

# Subtitles have no emoji.
subsets: .venv-dev/.installed ## Measure variants/ on emoji, questions and negations of dev, against the default of 0.2.0: docs/subsets/
	for kind in emoji questions negations; do \
	  $(EVALUATE) variants/*.safetensors $(FORMER) $(WITH_DATA) $(AGAINST_FORMER) --split dev \
	    --subset $$kind --out docs/subsets/goemotions-$$kind.json || exit 1; \
	done
	for kind in questions negations; do \
	  $(EVALUATE) variants/*.safetensors $(FORMER) $(WITH_DATA) $(AGAINST_FORMER) --split dev \
	    --source xed --subset $$kind --out docs/subsets/xed-$$kind.json || exit 1; \
	done

registers: .venv-dev/.installed ## Measure variants/ on sentences of tweets, headlines, reviews …, against the file BEFORE: docs/registers/
	$(DEV) -m compression registers variants/*.safetensors $(if $(BEFORE),--before $(BEFORE)) \
	  --out docs/registers/results.json

adaptations: .venv-dev/.installed ## Adapt the default and that of 0.2.0 to subtitles, and measure the gain: docs/adapt/
	$(DEV) -m compression adaptations variants/apot-kd.safetensors $(FORMER) $(WITH_DATA) \
	  --recipe compression/recipes/edge.toml --source xed --out docs/adapt/results.json

results: .venv-dev/.installed ## Measure quality and speed of every method: docs/results.* (half an hour)
	$(BUILD) compression/recipes/ffnn.toml $(WITH_DATA) --out build/ffnn
	$(BUILD) compression/recipes/methods.toml $(WITH_DATA) --out build/methods
	$(EVALUATE) build/ffnn/*.safetensors build/methods/*.safetensors \
	  $(WITH_DATA) --speed --out docs/results.json
	$(DEV) -m compression report docs/results.json --out docs

survey layers: .venv-dev/.installed ## Repeat the survey's experiments, five seeds each: docs/survey/ or docs/layers/ (an hour)
	$(BUILD) compression/recipes/$@.toml $(WITH_DATA) --out build/$@
	$(DEV) -m compression evaluate build/$@/*.safetensors $(WITH_DATA) --out docs/$@/results.json
	$(DEV) -m compression report docs/$@/results.json --out docs/$@

load: .venv/.installed .venv-load/.installed ## Load-test HOST, by default a service started for the test: build/load/ (USERS, SECONDS, LOAD=--arrivals …)
	.venv-load/bin/python -m loadtests $(if $(HOST),--host "$(HOST)",--serve $(CURDIR)/$(SERVE)) \
	  --users $(USERS) --seconds $(SECONDS) $(LOAD)

load-ui: .venv-load/.installed ## Open Locust's web page on http://localhost:8089 for a load test of HOST (http://localhost:3000)
	PYTHONPATH=. .venv-load/bin/locust -f loadtests/locustfile.py --web-host 127.0.0.1 \
	  --host "$(if $(HOST),$(HOST),http://localhost:$(PORT))"

fuzz: .venv/.installed .venv-fuzz/.installed ## Send thousands of generated requests and check them against the API document
	.venv-fuzz/bin/python -m benchmarks.fuzz --serve $(CURDIR)/$(SERVE)

bench-service: .venv/.installed ## Compare throughput with a bare endpoint and BentoML's defaults (wrk): docs/service/
	$(SERVE) -m benchmarks.throughput --out docs/service

soak: .venv/.installed ## Measure a worker's memory during half an hour of full load (wrk): docs/service/
	$(SERVE) -m benchmarks.soak --out docs/service

overload: .venv/.installed ## Measure latency with ten times as many clients as the service admits: docs/service/
	$(SERVE) -m benchmarks.overload --out docs/service

attack: .venv/.installed ## Attack a service with 320 MiB of memory in many ways: docs/service/
	$(SERVE) -m benchmarks.attack --out docs/service

footprint: .venv/.installed ## Measure image size, start-up time, memory and speed (wrk, IMAGE=edgemood): docs/service/
	$(SERVE) -m benchmarks.footprint $(if $(IMAGE),--image $(IMAGE) --builder $(notdir $(BUILDER))) --out docs/service

wheel: ## Build the wheel of edgemood in dist/
	rm -f dist/edgemood-*.whl
	$(PYTHON) $(PIP) wheel --no-deps --wheel-dir dist .

image: ## Build the container image with docker, podman or buildah, and print its size
	BUILDAH_FORMAT=docker $(BUILDER) build --tag edgemood $(IMAGE_FLAGS) .
	@$(BUILDER) images --format 'edgemood: {{.Size}}' edgemood

# BentoML looks for uv, and would install it into .venv with the pip that is not there.
bento: .venv/.installed .venv-uv/.installed ## Pack the service as a Bento
	PATH=$(CURDIR)/.venv-uv/bin:$$PATH .venv/bin/bentoml build

docs: .venv-docs/.installed ## Rewrite the generated figures of the documentation and build its site: site/
	.venv-docs/bin/python docs/generator
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

clean: ## Remove all environments and caches; checkpoints/ and state/ stay
	rm -rf .venv .venv-dev .venv-docs .venv-fuzz .venv-generators .venv-load .venv-lowest .venv-uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A service needs no installer, and an intruder should not find one. To add a package, add it to the
# pins, or use another interpreter's: `python3 -m pip --python .venv/bin/python install …`.
.venv/.installed: pyproject.toml constraints/serve.txt
	$(PYTHON) -m venv .venv
	$(SERVE) $(PIP) install --constraint constraints/serve.txt --editable '.[serve]'
	$(SERVE) $(PIP) uninstall --yes pip setuptools
	@touch $@

.venv-dev/.installed: pyproject.toml constraints/dev.txt
	$(PYTHON) -m venv .venv-dev
	$(DEV) $(PIP) install --constraint constraints/dev.txt --editable '.[dev]'
	@touch $@

.venv-lowest/.installed: pyproject.toml constraints/lowest.txt
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python $(PIP) install --constraint constraints/lowest.txt --editable '.[serve,client,test]'
	@touch $@

.venv-generators/.installed: constraints/generators.txt
	$(PYTHON) -m venv .venv-generators
	.venv-generators/bin/python $(PIP) install --requirement constraints/generators.txt
	npm install --prefix .venv-generators --no-audit --no-fund --no-save $(NPM_GENERATORS)
	@touch $@

.venv-load/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-load
	.venv-load/bin/python $(PIP) install 'locust>=2.40,<3' 'matplotlib>=3.9' 'prometheus-client>=0.21'
	@touch $@

.venv-fuzz/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python $(PIP) install 'schemathesis>=4.30,<5'
	@touch $@

.venv-uv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python $(PIP) install 'uv>=0.9'
	@touch $@

.venv-docs/.installed: pyproject.toml constraints/docs.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python $(PIP) install --constraint constraints/docs.txt --editable '.[docs]'
	@touch $@

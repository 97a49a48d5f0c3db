# Few and short: each target is one line of intent; the work is in Scripts/, each with its own --help.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help serve test build model check e2e bench clean setup

# Where the service listens (`make serve PORT=9000`), and what else to pass on to it (`make serve ARGS="--threads 4"`).
PORT ?= 8000
ARGS ?=
# The judge that is served on the default model: `make serve JUDGE=` serves the model alone. Another model has another.
JUDGE ?= Models/smollm2-135m-judge
adapter = $(if $(PERSRM_MODEL)$(PERSRM_ADAPTER)$(filter --model --model=% --adapter --adapter=%,$(ARGS)),,$(JUDGE))

help: ## print this list
	@sed --quiet --regexp-extended 's/^([a-z0-9]+):.*## /make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand --tabs=14

serve: model build ## everything the service needs, then the service on 127.0.0.1:PORT (8000)
	exec .build/release/persrm serve --port "$(PORT)" $(if $(adapter),--adapter "$(adapter)") $(ARGS)

test: ## everything the tests need, then the checks and every test
	@Scripts/test

build: setup ## the release binaries: persrm, persrm-curate, persrm-sft, persrm-rft and persrm-eval in .build/release
	@Scripts/build-release

model: setup ## fetch the default model into the cache, or verify the one that is there
	Scripts/fetch-model

check: setup ## format, imports and style, without the other tests
	@Scripts/test --checks-only

e2e: model build ## drive the real binary from outside
	Tests/EndToEnd/run

bench: model build ## measure kernels, engine and judge; fail where one is > 10 % worse than its record in Benchmarks/
	for kind in kernels engine score; do \
	  record=Benchmarks/$$kind.json; test -f "$$record" && set -- --baseline "$$record" || set --; \
	  .build/release/persrm bench "$$kind" "$$@" $(ARGS); \
	done

clean: ## remove what was built; the cached model stays
	rm --recursive --force .build

setup:
	@Scripts/install-dependencies

# The verbs of this project. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint bench drill fuzz format image

# `make fuzz SECONDS=3600`
SECONDS ?= 60
# Not for the scripts: to bash this name is a clock.
unexport SECONDS
# `make drill DRILL="--seeds 20 --contestants stent"`
DRILL ?=
# `make image TAG=stent:1.2.3`
TAG ?= stent:dev

help: ## list these verbs
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r verb says; do \
		printf '  make %-8s %s\n' "$$verb" "$$says"; done

run: ## build, start a misbehaving HOSP and stent in front of it, print how to try it; Ctrl-C stops both
	@scripts/bootstrap
	swift build -c release --product hosp
	swift build -c release --product stent
	@scripts/run

test: ## every test: layers, the test suites, then the shipped commands end to end
	@scripts/bootstrap
	scripts/check-layers
	scripts/test
	scripts/smoke

lint: ## layers, style, format, shell scripts, deployment files, links in the documentation
	@scripts/bootstrap --lint
	scripts/lint

bench: ## measure stent and its cache next to nginx and HAProxy on this machine
	@scripts/bootstrap --bench
	scripts/bench
	scripts/bench-cache

drill: ## take stent, nginx and HAProxy through calm, faults, an outage and a surge, and judge them by HOSP's records
	@scripts/bootstrap --bench
	swift build -c release --product hosp
	swift build -c release --product stent
	scripts/drill --self-test
	scripts/drill $(DRILL)

fuzz: ## fuzz the codecs for SECONDS (60 unless told)
	@scripts/bootstrap
	scripts/fuzz $(SECONDS)

format: ## rewrite the Swift sources in the house format
	swift format -i -r -p Sources Tests Package.swift $(wildcard Fuzz/Sources Bench/Sources Fuzz/Package.swift Bench/Package.swift)

image: ## build the container image (TAG=stent:dev unless told)
	@docker info >/dev/null 2>&1 || { echo "make image: no container engine answers 'docker info'; start one, or \
	build deploy/Dockerfile with another builder" >&2; exit 2; }
	docker build --file deploy/Dockerfile --target stent --tag $(TAG) .

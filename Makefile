# askbuy. `make` alone lists what there is.
SHELL := bash
GO ?= go
BIN := bin/askbuy

.DEFAULT_GOAL := help
.PHONY: help run test soak planted test-services test-clients test-bi check bench bench-parts bench-web fuzz engine build fmt clean model eval web browser screenshots lint-api

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build engine ## start everything in one process, with the sample shop, and print the addresses
	$(BIN) run --sample

LOG := /dev/null

test: engine ## every test, on real embedded engines (LOG=file keeps the name of each)
	@set -o pipefail; $(GO) test -v -timeout 30m $(TESTFLAGS) ./... 2>&1 | tee $(LOG) | awk -f tools/summary.awk

soak: engine planted ## the long form of the tests of exactness: SEEDS=1000 simulated plans, 1,000 runs of each simulation of experiments, KILLS=200 kills, HANDOVERS=10000 conversations
	SEEDS=$${SEEDS:-1000} $(GO) test -timeout 3h -count 1 -v -tags synctests -run '^TestSimulation$$' ./internal/bubble
	SOAK=1 $(GO) test -timeout 30m -count 1 -v ./report/inference
	SOAK=1 $(GO) test -timeout 90m -count 1 -v -run '^Test(SharedPast|MillionUnits|AAOfSimulatedShops|HashOfAnyone|HashOfEveryBucket)$$' ./report
	SOAK=1 $(GO) test -timeout 90m -count 1 -v -run '^TestPlanted' -tags plant_conversation_variance ./report/inference ./report
	LEARN=20000 $(GO) test -timeout 1h -count 1 -v -parallel 1 -run '^TestLearns' ./cmd/askbuy
	SOAK=1 $(GO) test -timeout 30m -count 1 -v -run '^TestGuideOfExperiments$$' ./cmd/askbuy
	KILLS=$${KILLS:-200} LOG_KILLS=$${LOG_KILLS:-20} $(GO) test -timeout 3h -count 1 -v -run '^(TestKills|TestConformanceOneRecordedLog)$$' ./cmd/askbuy
	HANDOVERS=$${HANDOVERS:-10000} $(GO) test -timeout 3h -count 1 -v -run '^TestHandovers$$' ./cmd/askbuy

PLANTED := mark_before_ack drop_on_bloom_hit commit_before_insert plain_counter unordered_commit default_partitioner

planted: ## plant mistakes one by one, and see the simulation find each
	@for mistake in $(PLANTED); do \
	  if found=$$(SEEDS=100 $(GO) test -count 1 -tags synctests,plant_$$mistake -run '^TestSimulation$$' ./internal/bubble); then echo "$$mistake: not found in 100 seeds"; exit 1; fi; \
	  grep -q 'is red; again' <<<"$$found" || { echo "$$found"; exit 1; }; \
	  echo "$$mistake: found after $$(grep -o 'seeds [0-9]*' <<<"$$found")"; \
	done

test-services: engine ## the tests that choose their broker, on Apache Kafka 4 (Java 17, Maven; REQUIRE_SERVICES=1: must run)
	@$(GO) run ./internal/kafka/kafkatest/apache/testservices

test-clients: build engine ## clients of BI tools for JavaScript, Python and Java on a running instance (REQUIRE_SERVICES=1: must run)
	@$(GO) run ./deploy/testbi -binary $(BIN) javascript python java

test-bi: build engine ## the same, dbt, and a real Superset that imports deploy/superset (PyPI, 1 GB in the cache)
	@$(GO) run ./deploy/testbi -binary $(BIN)

check: ## formatting, vet, static analysis, module file
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags synctests ./internal/bubble
	$(GO) mod verify
	$(GO) mod tidy -diff
	cd tools && $(GO) build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	bin/staticcheck ./...

lint-api: ## Redocly's linter over the descriptions of the JSON API and of the topics (npm; REQUIRE_SERVICES=1: must run)
	@cd tools/apilint && if npm ci --no-audit --no-fund --ignore-scripts --silent >/dev/null 2>&1; then \
	  REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npm exec --silent -- redocly lint --config redocly.yaml openapi asyncapi; \
	else echo "lint-api: NOT RUN: npm or its registry cannot be reached"; test -z "$$REQUIRE_SERVICES"; fi

build: ## the binary, into bin/
	$(GO) build -o $(BIN) ./cmd/askbuy

engine: ## fetch the embedded ClickHouse once (178 MB), into the user's cache
	@$(GO) run ./internal/clickhouse/embedded/fetchengine

bench: engine build ## the goals of speed and memory, in one table (Linux, two cores, 2 minutes)
	$(GO) run ./bench -binary $(BIN)

bench-web: engine ## the first page on 1 million conversations, 5 million messages (N=conversations)
	BENCH_WEB=$${N:-1000000} $(GO) test -timeout 30m -count 1 -v -run '^TestSpeed$$' ./web

bench-parts: ## the benchmarks of single parts
	$(GO) test -run '^$$' -bench . -benchmem ./schemas/event ./ingest/... ./models/... ./processors/... ./sinks/... ./internal/kafka

fuzz: ## every fuzz target, 30 s each
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime 30s $$pkg || exit 1; \
	  done; \
	done

model: ## train the shipped intent model anew from its grammar
	$(GO) generate ./models/intent/...

eval: ## how good the intent model is, in one table (EVAL_DATA=dir: on the public data sets too, else they are told as not measured)
	$(GO) run ./models/intent/eval

web: ## build the dashboard's assets anew, into web/dist (Node; what is there is committed)
	cd web && npm ci --no-audit --no-fund --ignore-scripts && npm run build

browser: ## fetch what the tests in a browser need: Chromium, a Chinese font (apt) and axe-core (npm)
	@command -v chromium >/dev/null && fc-list :lang=zh | grep -q . || { $$([ "$$(id -u)" = 0 ] || echo sudo) apt-get update && $$([ "$$(id -u)" = 0 ] || echo sudo) apt-get install -y --no-install-recommends chromium fontconfig fonts-noto-cjk; }
	@test -f web/node_modules/axe-core/axe.min.js || (cd web && npm ci --no-audit --no-fund --ignore-scripts)

screenshots: engine browser ## every page of the dashboard in four variants, into screenshots/
	SCREENSHOTS=$(CURDIR)/screenshots REQUIRE_BROWSER=1 $(GO) test -count 1 -run InABrowser ./web

fmt: ## format the sources
	gofmt -w $$(git ls-files '*.go')

clean: ## remove what was built here (the engine and .askbuy stay)
	rm -rf bin

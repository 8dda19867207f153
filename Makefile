# What people and CI run. Everything else is cargo.

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench bench-gate accuracy peers flaws overhead index-bench compare-rates

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: Postgres, Redis, a C compiler, cargo-nextest, Python, Chromium, speedscope
	@sh scripts/setup.sh --tests
	@sh scripts/setup-python.sh
	@sh scripts/setup-axe.sh
	@sh scripts/setup-speedscope.sh

# A release build: what is measured with a debug build says little.
demo: ## Build, and run the baseline scenario on the built-in hotel
	@sh scripts/setup.sh
	cargo run --release --locked -- run baseline

test: setup lint ## Run every check that CI runs
	cargo nextest run --workspace --locked
	cargo test --workspace --doc --locked
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

lint: ## Check the format, the lints and the dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	sh scripts/check-dependencies.sh

bench: ## Measure every known hot path before and after its repair: docs/benchmarks.md
	@sh scripts/setup.sh
	@sh scripts/bench.sh

# Counts are the same on a busy machine; BLESS=1 writes them down as the new baseline.
bench-gate: ## Fail if a hot path takes more than 3 % more instructions than its baseline
	@sh scripts/bench-gate.sh

# The harness builds Aforo itself, and installs the peers it can: docs/peers.md.
peers: ## Measure Aforo beside other load generators
	cargo build --release --locked -p aforo-peers --bins
	cargo run --release --locked -p aforo-peers

accuracy: ## Show that recorded quantiles are within 1 % of a server's known times
	cargo run --release --locked -p aforo-scenarios --example accuracy

flaws: ## Show that the database report names each flaw of the hotel, and no other
	cargo build --release --locked --bin aforo
	cargo run --release --locked --example flaws

overhead: ## Measure what being observed costs the target
	cargo build --release --locked --bin aforo
	cargo run --release --locked --example overhead

# The texts of the queries are fetched once; the data is generated into a throw-away server with HypoPG.
index-bench: ## Measure index advice on TPC-H at scale 1
	@sh benches/index_advice/fetch_queries.sh
	cargo run --release --locked -p aforo-index-advice-bench

compare-rates: ## Measure how often comparisons of runs are right
	cargo run --release --locked -p aforo-analyzers --example comparison_rates

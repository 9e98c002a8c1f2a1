# Two commands for a newcomer: `make demo` and `make test`. Both build .venv/ first, once.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint bench bench-peers bench-spark lock clean

demo: $(STAMP)
	$(VENV)/bin/prefact demo demo

test: $(STAMP) lint
	$(VENV)/bin/python -m pytest -n auto --dist loadfile

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports

bench: $(STAMP)
	$(VENV)/bin/python -m benchmarks.month S M L --year M

bench-peers: $(STAMP) .bench/silver/.installed .bench/tryton/.installed
	$(VENV)/bin/python -m benchmarks.peers

# Client files of the portfolio: 200 (S), 2000 (M), 20000 (L).
FILES ?= 2000

bench-spark: $(VENV)/.spark
	$(VENV)/bin/python -m benchmarks.portfolio .bench/portfolio-$(FILES) --files $(FILES) --month 2026-12 --history 12
	$(VENV)/bin/python -m benchmarks.spark .bench/portfolio-$(FILES)/inbox --month 2026-12

$(VENV)/.spark: $(STAMP) requirements-spark.lock
	$(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-spark.lock
	@touch $@

.bench/%/.installed: benchmarks/peers/%.txt
	@echo "Building .bench/$*/ ..."
	$(PYTHON) -m venv --clear .bench/$*
	.bench/$*/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(STAMP): requirements.lock pyproject.toml
	@echo "Building $(VENV)/ (a few minutes the first time) ..."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

lock:
	$(VENV)/bin/python -m pip install --quiet pip-tools
	$(VENV)/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --no-strip-extras --no-header --no-annotate \
		--no-emit-options -o requirements.lock requirements.in

clean:
	rm -rf $(VENV) .bench demo

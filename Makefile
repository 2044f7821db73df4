# Everything a fresh machine needs is Python 3.11+, make and PyPI.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: run test test-sqlite test-postgres test-slow faults bench check lock clean

run: .venv/run.stamp
	$(BIN)/python manage.py start --port $(PORT)

test: test-sqlite test-postgres test-slow

# Minutes. What takes longer is marked slow, and comes last.
test-sqlite: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto -m "not slow"

# What touches no database, and what only looks at the pages, is not run a second time.
test-postgres: .venv/dev.stamp
	$(BIN)/python -m tests.with_postgres $(BIN)/python -m pytest -n auto -m "not slow" \
		--ignore=tests/engine --ignore=tests/spreadsheets

test-slow: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto -m slow
	$(BIN)/python -m tests.with_postgres $(BIN)/python -m pytest -n auto -m slow --ignore=tests/browser/test_accessibility.py

# What is killed, filled, cut off and set back while clients work, on both databases. About a quarter of an hour on two cores.
faults: .venv/dev.stamp
	$(BIN)/python -m tests.faults

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	BPRS_DEPLOYMENT=production ALLOWED_HOSTS=scoring.example BEHIND_TLS_PROXY=1 BANK_NAME="BPRS Amanah" $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m tests.translations

# Beside a program such as the bank had: ten minutes. QUICK=1 is a few minutes, and rougher.
bench: .venv/bench.stamp
	$(BIN)/python -m bench.beside $(if $(QUICK),--quick)

lock: .venv/dev.stamp
	$(BIN)/python -m pip install -q uv
	for name in requirements requirements-dev requirements-bench; do \
		$(BIN)/uv pip compile --universal --fork-strategy fewest --python-version 3.11 --no-header --no-annotate -q $$name.in -o $$name.txt; \
	done

clean:
	rm -rf .venv

.venv/run.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

.venv/bench.stamp: requirements-bench.txt .venv/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

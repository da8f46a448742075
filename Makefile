# The targets that people and CI rely on; each sets up what it needs first. See README.md.
PY := .venv/bin/python

.PHONY: run test late lint bench lock vendor image clean

run: ## set everything up, start Asterisk and the gateway, print addresses and logins
	@tools/bootstrap.sh run
	@$(PY) -m tools.run

test: ## set everything up, run every test (make test ARGS="tests/web -k live" for some)
	@tools/bootstrap.sh run test image
	@$(if $(ARGS),$(PY) -m pytest $(ARGS),$(PY) -m tools.suite)

late: ## tests on event loops that hear late, to find luck: make late ARGS=tests/bus SEED=7 (tools/late)
	@tools/bootstrap.sh run test
	LATE_SEED=$(or $(SEED),1) PYTHONPATH=$(CURDIR)/tools/late $(PY) -m pytest -p no:cacheprovider --timeout 500 $(ARGS)

lint: ## style, types, imports, and that each module has its test
	@tools/bootstrap.sh run test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy tools
	.venv/bin/lint-imports
	$(PY) -m tools.check_mirror

bench: ## the table of figures
	@tools/bootstrap.sh run test bench
	@$(PY) -m bench $(ARGS)

lock: ## write requirements*.txt anew, with hashes
	@tools/lock.sh

vendor: ## make the desk's JavaScript libraries anew from npm (needs node); commit what it writes
	cd tools/vendor && npm ci && npm run build

image: ## build the image for real and run the gateway's check in it
	@tools/bootstrap.sh image
	@tools/image.sh

clean: ## remove what was made in the tree; var/ (ledger, recordings, secrets) is kept
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

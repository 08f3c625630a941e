# `make demo` and `make test` are all one needs; they install what they use below .cache/.
PYTHON ?= python3
RUN = $(PYTHON) tools/environments.py run dev

.PHONY: help python demo test coverage bench bench-quick package tables access-report lock fmt clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

python:
	@command -v $(PYTHON) >/dev/null || { echo "error: Python 3.11 or newer is needed: get it from https://www.python.org/downloads/." >&2; exit 2; }

demo: python ## Apply, use, attack and destroy EXAMPLE=basic; VERBOSE=1: more
	@$(RUN) -m tools.demo $(EXAMPLE) $(if $(VERBOSE),--verbose)

test: python ## Check style, types and formatting, and run all tests
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check --quiet .
	@$(RUN) -m mypy
	@$(RUN) -m tools.terraform fmt -check -recursive
	@$(RUN) -m pytest tests/ --numprocesses 2

coverage: python ## Show which lines of the writer its tests reach: 8 minutes
	@$(RUN) -m pytest tests/lambda --cov --cov-report=term-missing:skip-covered

bench: python ## Measure the writer and write docs/performance.md: 8 minutes
	@$(RUN) -m bench --publish

bench-quick: python ## Measure the same in a minute, into .cache/bench.json only
	@$(RUN) -m bench --quick

package: python ## Build lambda/package.zip from its sources, and the zip of examples/own-function
	@$(PYTHON) lambda/build.py

tables: python ## Write the tables of the READMEs from the HCL
	@$(RUN) -m tools.tables

access-report: python ## Report on PLAN=plan.json: who can do what to what
	@test -n "$(PLAN)" || { echo "error: say which plan with PLAN=plan.json, made in your own root by: terraform plan -out plan.bin && terraform show -json plan.bin > plan.json" >&2; exit 2; }
	@$(RUN) -m tools.access_report "$(PLAN)" $(if $(OUT),-o "$(OUT)") $(if $(FORMAT),--format $(FORMAT))

fmt: python ## Format Python and HCL
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .
	@$(RUN) -m tools.terraform fmt -recursive

lock: python ## Resolve requirements/*.in anew
	@$(PYTHON) tools/environments.py lock

clean: ## Remove the environments and caches
	rm -rf .cache .mypy_cache .pytest_cache .ruff_cache

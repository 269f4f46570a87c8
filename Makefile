# Set-up, the main job and the tests, each one command from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=

.PHONY: release test check lint conformance notebook benchmarks lock clean

release: $(VENV)/.installed
	@$(BIN)/python -m scripts.release_variants --variant ordinal --variant onehot --delete-previous $(if $(DATA),--data "$(DATA)")

test: $(VENV)/.installed lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

check: $(VENV)/.installed lint
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	for component in components/*/; do MYPYPATH=components/shared $(BIN)/mypy --python-version 3.11 "$$component" || exit 1; done
	$(BIN)/deptry --config deptry.toml scripts emulator benchmarks tests components/*/ tests/*/

# AZURE_SDK_CHECKOUT names a checkout of azure-sdk-for-python, for the tests' configurations; docs/conformance.md.
conformance: $(VENV)/.installed
	$(BIN)/python -m tests.conformance

# AZUREML_EXAMPLES names a checkout of azureml-examples; docs/notebook.md.
notebook: $(VENV)/.installed
	$(BIN)/python -m tests.notebook

# Every figure of docs/benchmarks.md, about ten minutes; benchmarks.gate_power, half an hour, writes docs/gate_power.md.
benchmarks: $(VENV)/.installed
	$(BIN)/python -m benchmarks.training --rows 303 --rows 1000000 --baseline-rows 303 --baseline-rows 1000000
	$(BIN)/python -m benchmarks.validation
	$(BIN)/python -m benchmarks.noop_pipeline
	$(BIN)/python -m benchmarks.emulator_load
	$(BIN)/python -m benchmarks.gate_statistics

lock: $(VENV)/.installed
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt

clean:
	rm -rf $(VENV) .azureml-local out

# uv installs everything, itself included; pip only brings uv, checked against the same hashes.
$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	awk '/^[a-z]/ {on = /^uv==/} on' requirements.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.txt
	touch $@

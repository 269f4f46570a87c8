# Set-up, the main job and the tests, each one command from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=
# What is released; the folders of this name in data/, pipelines/ and endpoints/ describe it.
PROBLEM ?= heart-disease

.PHONY: release test test-affected check long broken lint conformance notebook samples clients benchmarks gate-tables imports lock clean

# Python compiles what it first uses, a third of what is installed.
release: export PYTHONDONTWRITEBYTECODE =
release: $(VENV)/.release
	@$(BIN)/python -m scripts.release_variants --problem $(PROBLEM) $(if $(DATA),--data "$(DATA)")

# In one run: each start of two processes and what they collect takes twelve seconds.
IN_TEST := not long and (slow or not broken)

test: $(VENV)/.installed lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "$(IN_TEST)"

# What the commit checked out can affect, against the one before it, or against BASE.
test-affected: $(VENV)/.installed
	@tests=$$($(BIN)/python -m tests.affected $(BASE)) && echo "Tests: $${tests:-none}" && \
	{ [ -z "$$tests" ] || $(BIN)/python -m pytest -n 2 --dist worksteal -m "$(IN_TEST)" $$tests || [ $$? -eq 5 ]; }

check: $(VENV)/.installed lint
	$(BIN)/python -m pytest -n 2 -m "not slow and not broken"

# Whole lines for one thing more: adaptations, events.
long: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 --dist worksteal -m long

# Every broken candidate of tests/gate/broken through the whole line.
broken: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 --dist worksteal -m broken tests/gate/broken

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	for component in $(sort $(dir $(wildcard components/*/*.py))); do MYPYPATH=components/shared:scripts/lib/data $(BIN)/mypy --python-version 3.11 "$$component" || exit 1; done
	$(BIN)/deptry scripts emulator benchmarks tests components/*/ tests/*/ tests/emulator/*/

# AZURE_SDK_CHECKOUT names a checkout of azure-sdk-for-python, for the tests' configurations; docs/conformance.md.
conformance: $(VENV)/.installed
	$(BIN)/python -m tests.conformance

# AZUREML_EXAMPLES names a checkout of azureml-examples; docs/notebook.md.
notebook: $(VENV)/.installed
	$(BIN)/python -m tests.notebook

# AZUREML_EXAMPLES names a checkout of azureml-examples; docs/samples.md.
samples: $(VENV)/.installed
	$(BIN)/python -m tests.samples

# azure-ai-ml and MLflow in many versions against one served workspace; docs/emulator_clients.md.
clients: $(VENV)/.installed
	$(BIN)/python -m tests.clients

# Every figure of docs/benchmarks.md, about half an hour.
benchmarks: $(VENV)/.installed
	$(BIN)/python -m benchmarks.training --rows 303 --rows 1000000 --baseline-rows 303 --baseline-rows 1000000
	$(BIN)/python -m benchmarks.validation
	$(BIN)/python -m benchmarks.noop_pipeline
	$(BIN)/python -m benchmarks.emulator_load
	$(BIN)/python -m benchmarks.gate_statistics
	$(BIN)/python -m benchmarks.workspace_size
	$(BIN)/python -m benchmarks.report_page

# The tables of how often the gate's bounds hold and its decisions are right: docs/gate_coverage.md, docs/gate_power.md.
gate-tables: $(VENV)/.installed
	$(BIN)/python -m benchmarks.gate_coverage
	$(BIN)/python -m benchmarks.gate_power

# The drawings of docs/imports.md.
imports: $(VENV)/.installed
	$(BIN)/python -m tests.imports_page

# uv.lock, requirements.txt and components/conda.yml.
lock: $(VENV)/.installed
	$(BIN)/python -m scripts.renew_lock

clean:
	rm -rf $(VENV) .azureml-local out

# uv installs everything, itself included; pip only brings uv, checked against the same hashes. Both go through the
# index, the proxy and the certificates that pip is set to. What is installed already and not wanted goes.
$(VENV)/.release: uv.lock
	$(call install,release,)
	@touch $@

# All that tests need too, compiled at once: they start thousands of processes.
$(VENV)/.installed: uv.lock
	$(call install,dev,--compile-bytecode)
	@touch $(VENV)/.release $@

define install
	@echo "Make $(VENV), an environment of $$($(PYTHON) --version)" >&2
	@$(PYTHON) -m venv $(VENV)
	@eval "$$($(BIN)/python -m emulator.runner.package_index)" && $(BIN)/python -m scripts.lib.installation $(1) $(2)
endef

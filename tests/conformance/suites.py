"""Which of the vendor's tests touch what the embedded workspace covers."""

ONLINE = (
    "batch_services",
    "component",
    "dataset",
    "environment",
    "code_asset",
    "compute",
    "datastore",
    "command_job",
    "pipeline_job",
)

OFFLINE = (
    "asset",
    "command_job",
    "component",
    "compute",
    "datastore",
    "deployment",
    "endpoint",
    "environment_inference_config",
    "pipeline",
)

SUITES: dict[str, tuple[str, ...]] = {
    **{name: (f"tests/{name}/e2etests",) for name in ONLINE},
    "batch_deployment (offline)": (
        "tests/batch_online_common/unittests/test_pipeline_component_bach_deployment.py",
        "tests/batch_online_common/unittests/test_model_batch_deployment.py",
    ),
    "smoke_serialization (offline)": tuple(f"tests/smoke_serialization/test_{kind}_wire.py" for kind in OFFLINE),
}

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

SUITES: dict[str, tuple[str, ...]] = {
    **{name: (f"tests/{name}/e2etests",) for name in ONLINE},
    "batch_deployment (offline)": (
        "tests/batch_online_common/unittests/test_pipeline_component_bach_deployment.py",
        "tests/batch_online_common/unittests/test_model_batch_deployment.py",
    ),
    "smoke_serialization (offline)": ("tests/smoke_serialization",),
}

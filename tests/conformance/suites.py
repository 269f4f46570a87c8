"""Which of the vendor's tests reach a workspace and touch what the embedded one covers."""

SUITES: dict[str, tuple[str, ...]] = {
    name: (f"tests/{name}/e2etests",)
    for name in (
        "batch_services",
        "component",
        "dataset",
        "environment",
        "code_asset",
        "compute",
        "datastore",
        "command_job",
        "pipeline_job",
        "dsl",
        "model",
        "schedule",
    )
}

"""A workbench for tests: it writes YAML, submits jobs through the SDK, and reads their outputs and logs."""

import json
import uuid

import yaml
from azure.ai.ml import load_component, load_job
from azure.ai.ml.entities import AmlCompute, BatchEndpoint, Data, Environment
from azure.ai.ml.entities._load_functions import load_pipeline_component_batch_deployment
from helpers import make_client, wait_for_job

from emulator.client import activate
from emulator.wire.http import Request

ENVIRONMENT = "azureml:plain-env:1"
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"


class Workbench:
    """An embedded workspace in ``state``, a client, and a folder for the files of the test at hand."""

    def __init__(self, state):
        self.state = state
        self.folder = None
        self.embedded = activate(state)
        self.client = make_client(self.embedded)

    def enter(self, folder):
        """Reach the workspace from this process and write files to ``folder``."""
        self.folder = folder
        self.embedded = activate(self.state)

    @property
    def workspace(self):
        return self.embedded.workspace

    def set_up(self):
        """Make the compute, the environment and the data that tests share."""
        self.client.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
        self.client.environments.create_or_update(Environment(name="plain-env", version="1", image=IMAGE))
        source = self.state.parent / "data"
        source.mkdir()
        (source / "rows.csv").write_text("a,b\n1,2\n")
        self.client.data.create_or_update(Data(name="rows", version="1", type="uri_folder", path=str(source)))
        self.client.data.create_or_update(
            Data(name="one-file", version="1", type="uri_file", path=str(source / "rows.csv"))
        )

    def write(self, name, content):
        """Write ``content`` as YAML; return the file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    def component(self, command, inputs=None, outputs=None, name=None, **more):
        """Write a command component; return its file name for a pipeline beside it."""
        name = name or f"c_{uuid.uuid4().hex[:8]}"
        content = {
            "type": "command",
            "name": name,
            "version": "1",
            "environment": ENVIRONMENT,
            "command": command,
            "inputs": inputs or {},
            "outputs": {port: {"type": kind} for port, kind in (outputs or {}).items()},
            **more,
        }
        return f"./{self.write(f'{name}.yml', content).name}"

    def pipeline_component(self, jobs, inputs=None, outputs=None, name=None):
        """Write a pipeline component; return its file name."""
        name = name or f"p_{uuid.uuid4().hex[:8]}"
        content = {
            "type": "pipeline",
            "name": name,
            "version": "1",
            "inputs": inputs or {},
            "outputs": {port: {"type": kind} for port, kind in (outputs or {}).items()},
            "jobs": jobs,
        }
        return f"./{self.write(f'{name}.yml', content).name}"

    def submit(self, jobs, inputs=None, outputs=None, **settings):
        """Submit a pipeline job of ``jobs``."""
        content = {
            "type": "pipeline",
            "experiment_name": "tests",
            "compute": "azureml:cluster",
            "inputs": inputs or {},
            "outputs": outputs or {},
            "jobs": {name: {"type": "command", **job} for name, job in jobs.items()},
            "settings": settings,
        }
        path = self.write(f"job_{uuid.uuid4().hex[:8]}.yml", content)
        return self.client.jobs.create_or_update(load_job(path))

    def run(self, jobs, inputs=None, outputs=None, **settings):
        """Submit a pipeline job and wait for its end."""
        return self.finished(self.submit(jobs, inputs, outputs, **settings).name)

    def command(self, command, wait=True, **more):
        """Submit a command job and, unless ``wait`` is false, wait for its end."""
        content = {
            "type": "command",
            "experiment_name": "tests",
            "compute": "azureml:cluster",
            "environment": ENVIRONMENT,
            "command": command,
            **more,
        }
        path = self.write(f"job_{uuid.uuid4().hex[:8]}.yml", content)
        job = self.client.jobs.create_or_update(load_job(path))
        return self.finished(job.name) if wait else job

    def finished(self, name, seconds=60.0):
        """Return the job once it has ended."""
        return wait_for_job(self.client, name, seconds=seconds)

    def until(self, name, ready, seconds=60.0):
        """Return the job once ``ready`` is true of it."""
        return wait_for_job(self.client, name, ready, seconds)

    def children(self, job):
        """Return the steps of a job by name."""
        return {child.display_name: child for child in self.client.jobs.list(parent_job_name=job.name)}

    def output(self, job, name):
        """Return the file or folder of an output."""
        from emulator.state.addresses import datastore_path

        uri = self.workspace.store.get(f"jobs/{job.name}")["outputs"][name]["uri"]
        return datastore_path(self.workspace, uri)

    def log(self, job, name="user_logs/std_log.txt"):
        """Return the text of a job's log."""
        return (self.workspace.blobs.path("azureml", f"ExperimentRun/dcid.{job.name}") / name).read_text()

    def endpoint(self, name):
        """Create an endpoint."""
        return self.client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=name)).result()

    def deploy(self, endpoint, name, component, **settings):
        """Deploy a pipeline component under ``name``."""
        content = {
            "type": "pipeline",
            "name": name,
            "endpoint_name": endpoint,
            "component": component,
            "settings": {"default_compute": "cluster", "continue_on_step_failure": "False", **settings},
        }
        deployment = load_pipeline_component_batch_deployment(self.write(f"{name}.yml", content))
        return self.client.batch_deployments.begin_create_or_update(deployment).result()

    def register(self, component):
        """Create a component from its file."""
        return self.client.components.create_or_update(load_component(self.folder / component))

    def request(self, method, path, body=None, host="management.azure.com", headers=None):
        """Send one request below the workspace; return status and body."""
        base = self.workspace.names.arm if path.startswith("/") and host == "management.azure.com" else ""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        response = self.embedded.service.handle(Request(method, f"https://{host}{base}{path}", headers or {}, content))
        return response.status, json.loads(response.body) if response.body[:1] in b"{[" else response.body

"""What a user does with azure-ai-ml, once; it writes a line of JSON for each deed and imports nothing of ours."""

import os

from azure.ai.ml import Input, MLClient, Output, command, load_component
from azure.ai.ml.dsl import pipeline
from azure.ai.ml.entities import AmlCompute, BatchEndpoint, Data, Environment, PipelineComponentBatchDeployment
from azure.identity import DefaultAzureCredential
from deeds import do

COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: {name}
type: command
inputs: {{data: {{type: uri_folder}}}}
outputs: {{copied: {{type: uri_folder}}}}
environment: azureml:plain@latest
command: cp -r ${{{{inputs.data}}}}/. ${{{{outputs.copied}}}}
"""


class Line:
    """The deeds, in their order; ``tag`` makes the names of this client's assets its own."""

    def __init__(self, tag, folder):
        names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
        self.client, self.tag, self.folder = MLClient(DefaultAzureCredential(), *names), tag, folder

    def compute(self):
        """Create the cluster and the environment that the steps name."""
        self.client.begin_create_or_update(AmlCompute(name="cluster", min_instances=0, max_instances=2)).result()
        self.client.environments.create_or_update(Environment(name="plain", image="python:3.11"))

    def data(self):
        """Upload a folder as a data asset."""
        (self.folder / "rows").mkdir()
        (self.folder / "rows" / "rows.csv").write_text("a\n1\n")
        path = str(self.folder / "rows")
        made = self.client.data.create_or_update(Data(name=f"rows-{self.tag}", path=path, type="uri_folder"))
        self.rows = self.client.data.get(made.name, version=made.version)
        assert self.rows.id == made.id

    def component(self):
        """Register a component and a pipeline of it."""
        file = self.folder / "component.yml"
        file.write_text(COMPONENT.format(name=f"copy_{self.tag}".replace("-", "_")))
        copy = self.client.components.create_or_update(load_component(source=str(file)))

        @pipeline(name=f"copies_{self.tag}".replace("-", "_"))
        def copies(input_data: Input(type="uri_folder")):
            return {"copied": copy(data=input_data).outputs.copied}

        self.pipeline = self.client.components.create_or_update(copies().component)

    def job(self):
        """Run a command job to its end, and stream its log while it runs."""
        job = command(command="echo hello; sleep 4", environment="plain@latest", compute="cluster")
        self.client.jobs.stream(self.client.jobs.create_or_update(job, experiment_name="clients").name)

    def endpoint(self):
        """Create a batch endpoint."""
        self.endpoint_name = f"e-{self.tag}"
        self.client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=self.endpoint_name)).result()

    def deployment(self):
        """Deploy the pipeline and make it the default."""
        deployment = PipelineComponentBatchDeployment(
            name="copies",
            endpoint_name=self.endpoint_name,
            component=self.pipeline,
            settings={"continue_on_step_failure": False, "default_compute": "cluster"},
        )
        self.client.batch_deployments.begin_create_or_update(deployment).result()
        endpoint = self.client.batch_endpoints.get(self.endpoint_name)
        endpoint.defaults.deployment_name = "copies"
        self.client.batch_endpoints.begin_create_or_update(endpoint).result()

    def invoke(self):
        """Invoke the endpoint and wait."""
        given = {"input_data": Input(type="uri_folder", path=self.rows.id)}
        outputs = {"copied": Output(type="uri_folder")}
        self.invoked = self.client.batch_endpoints.invoke(
            endpoint_name=self.endpoint_name, inputs=given, outputs=outputs
        )
        self.client.jobs.stream(self.invoked.name)
        assert self.client.jobs.get(self.invoked.name).status == "Completed"

    def list(self):
        """List the jobs, the steps of the invoked one, and the deployments."""
        assert self.invoked.name in [job.name for job in self.client.jobs.list()]
        assert len(list(self.client.jobs.list(parent_job_name=self.invoked.name))) == 1
        assert [each.name for each in self.client.batch_deployments.list(self.endpoint_name)] == ["copies"]

    def download(self):
        """Download the output of the invoked job."""
        self.client.jobs.download(self.invoked.name, download_path=self.folder / "got", output_name="copied")
        assert list((self.folder / "got").rglob("rows.csv")), "nothing was downloaded"


DEEDS = ("compute", "data", "component", "job", "endpoint", "deployment", "invoke", "list", "download")


if __name__ == "__main__":
    do(Line, DEEDS)

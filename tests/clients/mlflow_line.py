"""What a user does with MLflow, once; it writes a line of JSON for each deed and imports nothing of ours."""

from pathlib import Path

import mlflow
from deeds import do


class Line:
    """The deeds, in their order; ``tag`` makes the names of this client's experiment and model its own."""

    def __init__(self, tag, folder):
        self.tag, self.folder, self.client = tag, folder, mlflow.MlflowClient()

    def log(self):
        """Log metrics, parameters and tags in a run of an experiment."""
        self.experiment = mlflow.set_experiment(f"clients-{self.tag}").experiment_id
        with mlflow.start_run() as run:
            for step, value in enumerate((0.5, 0.75)):
                mlflow.log_metric("auc", value, step=step)
            mlflow.log_params({"depth": 3})
            mlflow.set_tag("colour", "red")
        self.run = run.info.run_id
        assert [each.value for each in self.client.get_metric_history(self.run, "auc")] == [0.5, 0.75]

    def search(self):
        """Search runs with a filter and an order."""
        words = "metrics.auc > 0.6 and params.depth = '3' and tags.colour = 'red'"
        found = self.client.search_runs([self.experiment], words, order_by=["metrics.auc DESC"])
        assert [each.info.run_id for each in found] == [self.run]
        assert not self.client.search_runs([self.experiment], "metrics.auc > 0.8")

    def artifacts(self):
        """Log an artifact, list it and download it."""
        (self.folder / "note.txt").write_text("note")
        self.client.log_artifact(self.run, str(self.folder / "note.txt"), "notes")
        assert [each.path for each in self.client.list_artifacts(self.run, "notes")] == ["notes/note.txt"]
        got = mlflow.artifacts.download_artifacts(run_id=self.run, artifact_path="notes/note.txt")
        assert Path(got).read_text() == "note"

    def model(self):
        """Register the files of a run as a model and search its versions."""
        (self.folder / "MLmodel").write_text("flavors: {python_function: {loader_module: mlflow.xgboost}}")
        self.client.log_artifact(self.run, str(self.folder / "MLmodel"), "model")
        name, source = f"model-{self.tag}", f"{self.client.get_run(self.run).info.artifact_uri}/model"
        self.client.create_registered_model(name)
        self.client.create_model_version(name, source, self.run)
        assert [each.version for each in self.client.search_model_versions(f"name = '{name}'")] in (["1"], [1])

    def experiment_tag(self):
        """Set a tag of the experiment."""
        self.client.set_experiment_tag(self.experiment, "owner", "me")
        assert self.client.get_experiment(self.experiment).tags["owner"] == "me"

    def log_input(self):
        """Log a data set as an input of the run."""
        from mlflow.entities import Dataset, DatasetInput

        data = Dataset(name="rows", digest="1", source_type="local", source="{}")
        self.client.log_inputs(self.run, [DatasetInput(data, [])])
        assert self.client.get_run(self.run).inputs.dataset_inputs[0].dataset.name == "rows"


DEEDS = ("log", "search", "artifacts", "model", "experiment_tag", "log_input")


if __name__ == "__main__":
    do(Line, DEEDS)

"""Options that several commands share, each declared once."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from scripts.lib.workspace.connection import Target

Command = TypeVar("Command", bound=Callable[..., Any])
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
DEFAULT_ENDPOINT = "uci-classifier-train"


def workspace_options(command: Command) -> Callable[..., Any]:
    """Add the options that choose the workspace; the command gets them as one ``target``."""

    @click.option("--subscription-id", envvar="AZURE_SUBSCRIPTION_ID", help="Azure subscription of the workspace.")
    @click.option("--resource-group", envvar="AZURE_RESOURCE_GROUP", help="Resource group of the workspace.")
    @click.option(
        "--workspace-name",
        envvar="AZURE_ML_WORKSPACE",
        help="Azure ML workspace; `embedded`, or none of the three, means the embedded workspace.",
    )
    @wraps(command)
    def with_target(
        *args: Any, subscription_id: str | None, resource_group: str | None, workspace_name: str | None, **kwargs: Any
    ) -> Any:
        target = Target(subscription_id, resource_group, workspace_name)
        return command(*args, target=target, **kwargs)

    return with_target


class VariantName(click.ParamType[str]):
    """A folder of ``pipelines/`` that holds a pipeline."""

    name = "variant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of a variant; refuse any other value, and list the variants."""
        from scripts.lib.repository.files import variant_names

        variants = variant_names()
        if value not in variants:
            self.fail(f"{value!r} is not a variant; the variants are: {', '.join(variants)}.", param, ctx)
        return str(value)


class DataAssetReference(click.ParamType[tuple[str, str]]):
    """A version of a data asset, ``NAME:VERSION``."""

    name = "name:version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return name and version; refuse a value of another form, and show the form."""
        if isinstance(value, tuple):
            return value
        name, _, version = str(value).removeprefix("azureml:").partition(":")
        if not _NAME.fullmatch(name) or not _NAME.fullmatch(version):
            self.fail(f"{value!r} is not NAME:VERSION, such as heart-disease-train:0123456789ab.", param, ctx)
        return name, version


endpoint_option = click.option(
    "--endpoint",
    default=DEFAULT_ENDPOINT,
    show_default=True,
    help="Batch endpoint; a folder of endpoints/ describes it.",
)
variant_option = click.option("--variant", required=True, type=VariantName(), help="Folder of pipelines/ to release.")
data_asset_option = click.option(
    "--data-asset",
    required=True,
    type=DataAssetReference(),
    help="Version of the data asset, as setup_workspace names it.",
)
data_option = click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="Folder of CSV files, CSV file or UCI processed.*.data file; default: data/real, else data/sample.",
)
stream_option = click.option("--stream", is_flag=True, help="Show the logs of the job's steps while it runs.")

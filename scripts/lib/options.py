"""Options that several commands share, each declared once."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from scripts.lib.data.address import DataAddress, address_of
from scripts.lib.parameter_types import DataAssetReference, VariantName
from scripts.lib.workspace.connection import Target

Command = TypeVar("Command", bound=Callable[..., Any])


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


def _known_problem(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """Return the name that was given, or that of the only problem; refuse an unknown name, and list the known ones."""
    from scripts.lib.repository.files import endpoint_folder
    from scripts.lib.repository.problem import only_problem

    if not value:
        return only_problem()
    endpoint_folder(value)
    return value


def output_option(*place: str, help: str) -> Callable[[Command], Command]:
    """Return the option ``--output`` of a command: a folder, ``out/PROBLEM/PLACE`` unless given."""

    def chosen(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path:
        return value or Path("out", ctx.params["endpoint"], *place)

    return click.option(
        "--output",
        callback=chosen,
        show_default="/".join(("out", "PROBLEM", *place)),
        type=click.Path(file_okay=False, path_type=Path),
        help=help,
    )


def data_given(ctx: click.Context, param: click.Parameter, value: str) -> Path | DataAddress:
    """Return where data lies that has to be named: an empty text names nothing."""
    if not value or (data := _data(ctx, param, value)) is None:
        raise click.BadParameter("It names no data.", ctx, param)
    return data


def _data_here(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    data = _data(ctx, param, value)
    if isinstance(data, DataAddress):
        raise click.BadParameter(f"{data} lies in the workspace, and this command reads rows here.", ctx, param)
    return data


def _evidence_file(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path:
    return value or Path("out", ctx.params["endpoint"], "evidence", "evidence.json")


def _data(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | DataAddress | None:
    """Return where the data lies; for an empty text, as a workflow's variable may be, where the problem's own does."""
    from scripts.lib.data.source import default_path
    from scripts.lib.repository.problem import find_problem

    if value is None:
        return None
    if not value:
        return default_path(find_problem(ctx.params["endpoint"]))
    if address := address_of(value):
        return address
    if not Path(value).exists():
        raise click.BadParameter(f"Path '{value}' does not exist.", ctx, param)
    return Path(value)


# Other options' values depend on it, so it is read before them.
problem_option = click.option(
    "--problem",
    "endpoint",
    envvar="PROBLEM",
    show_envvar=True,
    is_eager=True,
    callback=_known_problem,
    help="Problem, a folder of endpoints/; needed where there are several.",
)
variant_option = click.option(
    "--variant", required=True, type=VariantName(), help="Folder of pipelines/PROBLEM/ to release."
)
data_asset_option = click.option(
    "--data-asset",
    required=True,
    type=DataAssetReference(),
    help="Version of the data asset, as setup_workspace names it.",
)
_DATA_HELP = "CSV or Parquet file, or folder of them; default: data/PROBLEM/real, else what the repository ships."
data_option = click.option(
    "--data",
    callback=_data,
    type=click.Path(),
    help=f"{_DATA_HELP} Data of the workspace stays there: azureml:NAME:VERSION, azureml:NAME@latest, "
    "azureml://datastores/NAME/paths/FOLDER.",
)
data_here_option = click.option("--data", callback=_data_here, type=click.Path(), help=_DATA_HELP)
evidence_option = click.option(
    "--evidence",
    callback=_evidence_file,
    show_default="out/PROBLEM/evidence/evidence.json",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Evidence that evaluate_candidate wrote.",
)
stream_option = click.option("--stream", is_flag=True, help="Show the logs of the job's steps while it runs.")


def _limit_wait(ctx: click.Context, param: click.Parameter, value: float | None) -> None:
    from scripts.lib.workspace.wait_limit import limited_wait

    if value is not None:
        ctx.with_resource(limited_wait(value))


wait_option = click.option(
    "--wait-at-most",
    type=click.FloatRange(min=0),
    envvar="RELEASE_WAIT_MINUTES",
    show_envvar=True,
    expose_value=False,
    callback=_limit_wait,
    metavar="MINUTES",
    help="Wait no longer for jobs, all together: exit 9 while they go on; the same command joins them later.",
)

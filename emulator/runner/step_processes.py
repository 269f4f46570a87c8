"""The processes of one step: each with its rank, its log, its share of the machine and the code of its node."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from emulator.runner.context import EXECUTION_LOG, JobContext, write_log
from emulator.runner.processes import Process
from emulator.runner.ranks import NotHere, Share, ranks_of, shares
from emulator.runner.ray_cluster import ray_ranks
from emulator.state.plans import CommandNode

_CODE = "exe/wd"
# The folders in the folder of the code whose files become artifacts of the run.
_ARTIFACTS = ("outputs", "logs")


def processes_of(
    context: JobContext,
    job: str,
    node: CommandNode,
    command: str,
    environment: Mapping[str, str],
    programs: Path,
    folder: Path,
) -> list[Process]:
    """Return the processes that run ``command``, the step ``node`` of the job ``job``, below ``folder``.

    ``environment`` holds the variables that all have, and ``programs`` the Python of the step.

    Raises:
        NotHere: this machine cannot run what the step asks for.
    """
    spread = node["spread"]
    if spread and spread["kind"] == "mpi" and _has_mpi(programs, environment):
        raise NotHere("MPI is not here: mpi4py would see one process in each of the step's processes.")
    is_ray = spread is not None and spread["kind"] == "ray"
    ranks = ray_ranks(int(spread["instances"]), spread["ray"], command) if spread and is_ray else ranks_of(spread)
    if spread and not spread["kind"]:
        message = f"{job}: {spread['instances']} instances without a distribution; one process runs here."
        write_log(context.log_file(context.job, EXECUTION_LOG), message)
    # As on Azure, the processes of one node share a copy of the code, and nodes do not see each other's.
    places = {rank.node: folder / (f"node_{rank.node}" if rank.node else "") / _CODE for rank in ranks}
    for place in places.values():
        _copy_code(node["code"], place)
        # hello-pipeline-default-artifacts.yml, a sample of the vendor, writes there without making the folder.
        (place / _ARTIFACTS[0]).mkdir(exist_ok=True)
    own = node["environment_variables"]
    return [
        Process(
            rank.command or command,
            places[rank.node],
            {
                **environment,
                **{name: value for name, value in share.variables.items() if name not in own},
                **rank.variables,
            },
            context.log_file(job, rank.log),
            share.prefix,
            rank.serves,
        )
        # The processes of a Ray cluster divide the machine themselves.
        for rank, share in zip(ranks, [Share()] * len(ranks) if is_ray else shares(len(ranks)), strict=True)
    ]


def store_artifacts(processes: Iterable[Process], target: Path) -> None:
    """Move the files that ``processes`` left in ``outputs`` and ``logs`` of their folders to ``target``."""
    for place in {process.folder for process in processes}:
        for name in _ARTIFACTS:
            if (place / name).is_dir() and any((place / name).iterdir()):
                shutil.copytree(
                    place / name,
                    target / name,
                    copy_function=_take,
                    ignore_dangling_symlinks=True,
                    dirs_exist_ok=True,
                )


def _take(source: str, target: str) -> None:
    if os.path.islink(source):
        shutil.copyfile(source, target)
    else:
        shutil.move(source, target)


def _has_mpi(programs: Path, environment: Mapping[str, str]) -> bool:
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('mpi4py') is None)"
    return subprocess.run([programs / "python", "-c", probe], env=environment, check=False).returncode == 0


def _copy_code(code: str | None, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    if code and Path(code).is_dir():
        shutil.copytree(code, folder)
        return
    folder.mkdir()
    if code:
        shutil.copy(code, folder)

"""Release variants: run all stages of the line, from the data to the retirement of old deployments."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scripts.lib.data.report import Report
from scripts.lib.errors import GateSaidNo
from scripts.lib.line.cost import most_of_release
from scripts.lib.line.default_history import complete_history
from scripts.lib.line.deployment import create_deployment
from scripts.lib.line.evaluation import Evaluated, evaluate_candidate, result_of
from scripts.lib.line.promotion import promote
from scripts.lib.line.reporting import data_of, keep_report
from scripts.lib.line.retirement import plan_retirement, retire
from scripts.lib.line.retraining import retrain_default
from scripts.lib.line.side_by_side import Beforehand, judge_beforehand
from scripts.lib.line.test_job import run_before_deployment
from scripts.lib.line.workspace_setup import prepare_workspace
from scripts.lib.report.assembly import evaluation_report
from scripts.lib.report.data_section import data_section
from scripts.lib.report.document import Data
from scripts.lib.report.judgement import not_judged
from scripts.lib.report.judgement_document import Judgement
from scripts.lib.report.text import judgement_text
from scripts.lib.repository.compilation import compile_variant
from scripts.lib.repository.compiled import CompiledVariant
from scripts.lib.repository.files import find_variant, released_variants, serving_variant
from scripts.lib.repository.problem import find_problem
from scripts.lib.telling import results
from scripts.lib.telling.story import Story
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import read_endpoint


@dataclass
class Release:
    """The result of a release, with one entry for each variant.

    ``evidence_files`` has, by deployment, the digest of its evidence and the path of the file.
    """

    endpoint: str
    variants: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    data: Data | None = None
    evidence_files: dict[str, tuple[str, str]] = field(default_factory=dict)
    default: str | None = None
    previous: str | None = None
    retrained: bool = False

    @property
    def refused(self) -> list[str]:
        """Sentences of the gates that said no."""
        return [one["sentence"] for one in self.variants if not one["promoted"] and not one.get("challenger")]


def release(
    connection: Connection,
    done: Release,
    variants: list[str],
    validation: Callable[[], Report],
    output: Path,
    story: Story,
    keep: int,
    delete_previous: bool,
    stream: bool = False,
    challengers: Collection[str] = (),
    retrain: bool = False,
) -> None:
    """Release one variant after the other; where the gate says no, the default stays and the next variant follows.

    ``validation`` returns the report on the data. What was reached is in ``done``, also where the release ends with an
    error. Variants that are ``challengers`` are deployed and judged, and not promoted. With ``retrain`` the default is
    invoked on the data where the workspace has not seen it.

    Raises:
        DataRejected: the data does not meet the expectations; nothing was trained.
        JobFailed: a job did not complete.
        ReleaseError: any other stage failed.
    """
    endpoint = done.endpoint
    with story.stage("Validate the data") as outcome:
        results.tell("    judging every rule of the description and of the suite, and writing the Data Docs")
        report = validation()
        source = report.source
        results.tell(f"    {source.description}")
        done.data = data_section(report.as_document())
        report.require_accepted()
        outcome.append(f"{source.rows:,} rows accepted")
    with story.stage("Set up the workspace") as outcome:
        names = prepare_workspace(connection, endpoint, source, variants, report)
        outcome.append(f"created {', '.join(names['created'])}" if names["created"] else "nothing to change")
        results.tell(f"    {most_of_release(endpoint, variants, read_endpoint(connection.client, endpoint).default)}")
    report = replace(report, table=None)  # the jobs need the memory
    name, version = names["data_asset"].split(":")
    state = read_endpoint(connection.client, endpoint)
    done.data = data_of(connection, state, report.as_document(), f"{name}:{version}")
    if retrain and "data" in names["created"]:
        done.retrained = bool(retrain_default(connection, endpoint, (name, version), output / "retrain", story, stream))
    compiled = [compile_variant(find_variant(endpoint, variant), endpoint) for variant in variants]
    new = [each for each in compiled if each.deployment != state.default]
    before = _prepare(connection, endpoint, new, (name, version), story, stream) if new else None
    for each in compiled:
        place, challenger = output / each.variant.name, each.variant.name in challengers
        # The default at the beginning may have lost its place to a variant before it.
        if each.deployment == read_endpoint(connection.client, endpoint).default:
            _keep_default(connection, done, each, story)
        else:
            _release_variant(connection, done, each, (name, version), place, story, stream, challenger, before)
    with story.stage("Delete old deployments") as outcome:
        refused = [variant["deployment"] for variant in done.variants if not variant["promoted"]]
        plan = plan_retirement(connection.client, endpoint, keep, not delete_previous, refused)
        done.deleted = retire(connection, endpoint, plan)
        outcome.append(f"deleted {', '.join(done.deleted)}" if done.deleted else "nothing to delete")
    state = read_endpoint(connection.client, endpoint)
    done.default, done.previous = state.default, state.previous


def every_variant(endpoint: str) -> list[str]:
    """Return the variants that are not on request, the one that is declared to serve last."""
    serving = serving_variant(endpoint)
    return [*(name for name in released_variants(endpoint) if name != serving), serving]


def _prepare(
    connection: Connection,
    endpoint: str,
    new: list[CompiledVariant],
    data_asset: tuple[str, str],
    story: Story,
    stream: bool,
) -> Beforehand:
    """Test the pipelines of new deployments, create these, and invoke them side by side where there are several."""
    names, deployments = " and ".join(each.variant.name for each in new), [each.deployment for each in new]
    several = "s" if len(new) > 1 else ""
    with story.stage(f"Test the pipeline{several} of {names}, and withhold rows") as outcome:
        tested = [each.variant for each in new]
        *jobs, withheld_by = run_before_deployment(connection.client, endpoint, tested, data_asset, stream)
        outcome.append(f"completed: {', '.join(jobs)}, {withheld_by}")
    with story.stage(f"Deploy {names} beside the default") as outcome:
        for each in new:
            created = create_deployment(connection.client, each)
            outcome.append(f"{each.deployment} {'created' if created else 'was there already'}")
    if len(new) == 1:
        return Beforehand(withheld_by)
    with story.stage(f"Invoke and score {names} side by side") as outcome:
        before = judge_beforehand(connection, endpoint, deployments, data_asset, withheld_by, stream)
        scored = [name for name in deployments if name in before.scored]
        outcome.append(f"scored: {', '.join(scored) or 'none'}")
    return before


def _keep_default(connection: Connection, done: Release, compiled: CompiledVariant, story: Story) -> None:
    name = compiled.variant.name
    with story.stage(f"Release {name}") as outcome:
        complete_history(connection, read_endpoint(connection.client, done.endpoint))
        outcome.append(f"{compiled.deployment} is the default already")
    sentence = "It is the default already."
    done.variants.append({"variant": name, "deployment": compiled.deployment, "promoted": True, "sentence": sentence})


def _release_variant(
    connection: Connection,
    done: Release,
    compiled: CompiledVariant,
    data_asset: tuple[str, str],
    output: Path,
    story: Story,
    stream: bool,
    challenger: bool,
    before: Beforehand | None,
) -> None:
    endpoint, variant = done.endpoint, compiled.variant.name
    state = read_endpoint(connection.client, endpoint)
    entry: dict[str, Any] = {"variant": variant, "deployment": compiled.deployment, "promoted": False}
    if challenger:
        entry["challenger"] = True
    done.variants.append(entry)
    done_before = before is not None and compiled.deployment in before.scored
    with story.stage(f"{'Judge' if done_before else 'Invoke and judge'} {variant}") as outcome:
        try:
            columns = [each.column for each in done.data.distributions] if done.data else []
            evaluated = evaluate_candidate(
                connection, endpoint, compiled.deployment, data_asset, output, stream, columns, before=before
            )
        except GateSaidNo as refusal:  # what the jobs left cannot be judged at all
            entry["sentence"] = refusal.message
            section = not_judged(
                variant, compiled.deployment, state.default, refusal.message, find_problem(endpoint).task
            )
            done.judgements.append(replace(section, challenger=challenger))
            outcome.append("gate: cannot be judged")
            return
        width = results.terminal_width() - 4
        results.tell(_indented(judgement_text(evaluated.section, width)))
        outcome.append(f"gate: {evaluated.verdict.outcome}")
    done.judgements.append(replace(evaluated.section, variant=variant, challenger=challenger, promoted=False))
    file = str(evaluated.evidence_file)
    report = evaluation_report(endpoint, done.judgements[-1], done.data, (), file, evaluated.verdict.promote)
    keep_report(connection, report, evaluated.evidence_digest)
    done.evidence_files[compiled.deployment] = (evaluated.evidence_digest, file)
    entry |= result_of(evaluated)
    if challenger:
        entry["sentence"] = f"It is a challenger and was not to be promoted. {entry['sentence']}"
    if challenger or not evaluated.verdict.promote:
        return
    with story.stage(f"Make {variant} the default") as outcome:
        outcome.append(_promote(connection, endpoint, compiled.deployment, evaluated))
    entry["promoted"] = True
    done.judgements[-1] = replace(done.judgements[-1], promoted=True)


def _promote(connection: Connection, endpoint: str, deployment: str, evaluated: Evaluated) -> str:
    promoted = promote(connection, endpoint, deployment, evaluated.evidence_file)
    return f"default: {promoted.previous or 'none'} → {promoted.default}, read back"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())

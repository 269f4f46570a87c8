"""Put a report together: what became of the default in one sentence, and what a user can do next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from scripts.lib.report.document import SCHEMA_VERSION, Data, Document, Kind, Result, Stage
from scripts.lib.report.judgement_document import Entry, Judgement

_RUN = ".venv/bin/python -m scripts."
_FIGURES = ("roc_auc", "macro_roc_auc", "log_loss", "brier", "rmse", "mae", "r2", "accuracy")
_MOST_FIGURES = 3
_SAYS = {"pass": "says yes to", "fail": "says no to", "inconclusive": "cannot decide on", None: "cannot judge"}


def evaluation_report(
    endpoint: str, judgement: Judgement, data: Data | None, places: Sequence[Entry], evidence: str, may_promote: bool
) -> Document:
    """Return the report of one evaluation, which leaves the default alone; ``evidence`` is the evidence's path."""
    name, default = judgement.candidate, judgement.champion
    says = _SAYS[judgement.outcome]
    commands = [Entry("Show what is deployed", f"{_RUN}show_status --problem {endpoint}")]
    if may_promote and not judgement.challenger:
        promote = f"{_RUN}promote_deployment --problem {endpoint} --deployment {name} --evidence {evidence}"
        commands.insert(0, Entry("Make it the default", promote))
    return _document(
        "evaluation",
        endpoint,
        "kept" if may_promote else _refused(judgement),
        f"The gate {says} {name}{figures(judgement)}.",
        default,
        default,
        [judgement],
        data,
        (),
        places,
        commands,
    )


def release_report(
    endpoint: str,
    before: str | None,
    after: str | None,
    previous: str | None,
    judgements: Sequence[Judgement],
    data: Data | None,
    stages: Sequence[Stage],
    *,
    rehearsed: bool = False,
    retrained: bool = False,
    stopped: str | None = None,
    rejected: bool = False,
) -> Document:
    """Return the report of a release, or of a rehearsal.

    ``before`` and ``after`` are the defaults, ``previous`` is the one to which a roll-back returns; ``stopped`` says
    what ended the release before its time.
    """
    kind: Kind = "rehearsal" if rehearsed else "release"
    if stopped is not None:
        result: Result = "rejected" if rejected else "failed"
        sentence = "The data was rejected; nothing was trained on it." if rejected else stopped.splitlines()[0]
    else:
        result, sentence = _outcome(before, after, judgements, rehearsed, retrained)
    return _document(
        kind,
        endpoint,
        result,
        sentence,
        before,
        after,
        judgements,
        data,
        stages,
        (),
        _commands(endpoint, after, previous),
    )


def validation_report(endpoint: str, data: Data, places: Sequence[Entry]) -> Document:
    """Return the report of a validation alone."""
    words = f"{data.rules} rules were judged"
    accepted = f"The data is accepted: {words}, all are met."
    sentence = f"The data is rejected: {words}, {len(data.findings)} are not met." if data.findings else accepted
    result: Result = "rejected" if data.findings else "kept"
    return _document("validation", endpoint, result, sentence, None, None, (), data, (), places, ())


def retraining_report(endpoint: str, default: str, data: Data | None, places: Sequence[Entry], job: str) -> Document:
    """Return the report of a retraining: the default ran on new data, and no default changed."""
    sentence = f"{default} is the default, and was retrained on the new data by job {job}."
    return _document("retraining", endpoint, "kept", sentence, default, default, (), data, (), places, ())


def placed(document: Document, places: Sequence[Entry]) -> Document:
    """Return the document with where things lie."""
    return replace(document, places=tuple(places))


def figures(judgement: Judgement, verb: str = "has") -> str:
    """Return the two or three numbers that matter, each with the champion's where there is one.

    Where it has none of the usual metrics, those that the report shows first.
    """
    known = {metric.name: metric for metric in judgement.metrics}
    usual = [known[name] for name in _FIGURES if name in known]
    chosen = (usual or list(judgement.metrics))[:_MOST_FIGURES]
    told = []
    for metric in chosen:
        value = f"{float(metric.candidate):.3f}"
        theirs = "" if metric.champion == "-" else f" (the default {verb} {float(metric.champion):.3f})"
        told.append(f"{metric.title if metric.title.isupper() else _lower(metric.title)} {value}{theirs}")
    return f": {', '.join(told)}" if told else ""


def _lower(title: str) -> str:
    return title if title[:2].isupper() or title.startswith("Brier") else title[:1].lower() + title[1:]


def _outcome(
    before: str | None, after: str | None, judgements: Sequence[Judgement], rehearsed: bool, retrained: bool
) -> tuple[Result, str]:
    own = [one for one in judgements if not one.challenger]
    if after and after != before:
        promoted = next((one for one in reversed(own) if one.candidate == after), None)
        is_default = "would be the default after a merge" if rehearsed else "is the default"
        instead = f"instead of {before}" if before else "the first one"
        if promoted and promoted.champion not in (None, before):
            instead = f"instead of {promoted.champion}, which was promoted first"
        told = figures(promoted, "has" if rehearsed else "had") if promoted else ""
        return "promoted", f"{after} {is_default}, {instead}{told}."
    if refused := next((one for one in own if not one.promoted), None):
        stays = "would stay the default" if rehearsed else "stays"
        kept = f"{before} {stays}" if before else "There is still no default"
        told = f"the gate {_SAYS[refused.outcome]} {refused.candidate}{figures(refused)}"
        return _refused(refused), f"{kept}: {told}."
    if own:  # all were promoted, one after the other, and the last one was the default before
        names = ", then ".join(one.candidate for one in own)
        return "promoted", f"{after} is the default again: promoted were {names}{figures(own[-1], 'had')}."
    was = before or "no deployment"
    if judgements:
        names = ", ".join(f"{one.candidate} ({one.outcome or 'not judged'})" for one in judgements)
        return "kept", f"{was} stays the default; challengers judged: {names}."
    declared = f"{was} is the default, as the repository declares"
    if retrained:
        return "kept", f"{declared}, and was retrained on the new data."
    return "kept", f"{declared}; nothing was to be released."


def _refused(judgement: Judgement) -> Result:
    return "inconclusive" if judgement.outcome == "inconclusive" else "refused"


def _commands(endpoint: str, default: str | None, previous: str | None) -> list[Entry]:
    commands = []
    if default:
        commands.append(Entry("Score new rows with it", f"{_RUN}score --problem {endpoint} --data new.csv"))
    if default and previous:
        commands.append(Entry(f"Return to {previous}", f"{_RUN}rollback_default --problem {endpoint}"))
    page = f"{_RUN}show_status --problem {endpoint} --html out/{endpoint}/endpoint.html"
    commands.append(Entry("Show the endpoint as a page", page))
    return commands


def _document(
    kind: Kind,
    endpoint: str,
    result: Result,
    headline: str,
    before: str | None,
    default: str | None,
    judgements: Sequence[Judgement],
    data: Data | None,
    stages: Sequence[Stage],
    places: Sequence[Entry],
    commands: Sequence[Entry],
) -> Document:
    return Document(
        schema_version=SCHEMA_VERSION,
        kind=kind,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        endpoint=endpoint,
        result=result,
        headline=headline,
        default_before=before,
        default=default,
        judgements=tuple(judgements),
        data=data,
        stages=tuple(stages),
        places=tuple(places),
        commands=tuple(commands),
    )

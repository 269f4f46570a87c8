"""Decide whether evidence allows one promotion, here and now."""

from datetime import datetime, timedelta

from scripts.lib.evidence.contents import Evidence
from scripts.lib.evidence.document import SCHEMA, check_unaltered
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.gate.schema import schema_violation

CLOCK_SKEW = timedelta(minutes=5)
AGAIN = "Evaluate the candidate again."


def check_evidence(
    evidence: Evidence | None,
    *,
    endpoint: str,
    candidate_deployment: str,
    candidate_digest: str,
    champion_deployment: str | None,
    gate_digest: str,
    now: datetime,
    max_age: timedelta,
    champion_digest: str | None = None,
    recorded_digest: str | None = None,
) -> None:
    """Raise RefusedEvidence, with its reason, unless ``evidence`` allows this promotion.

    ``candidate_digest`` is the content digest of the deployment as it is now, ``champion_deployment`` the
    default of this moment (None when there is none), ``gate_digest`` that of the repository's gate file.
    Where they are given, ``champion_digest`` is the default's content digest and ``recorded_digest`` the
    digest of the evidence that this workspace records for the candidate, "" where it records none. ``now`` must know
    its time zone.
    """
    if evidence is None:
        raise RefusedEvidence("missing", f"There is no evidence for {candidate_deployment}. {AGAIN}")
    if problem := schema_violation(evidence, SCHEMA):
        raise RefusedEvidence("invalid", f"The evidence breaks its schema: {problem}.")
    check_unaltered(evidence)
    if recorded_digest == "":
        raise RefusedEvidence(
            "other-workspace",
            f"This workspace records no evidence for {candidate_deployment}: it was made in another. {AGAIN}",
        )
    if recorded_digest is not None and evidence["digest"] != recorded_digest:
        raise RefusedEvidence(
            "altered",
            f"The evidence has the digest {evidence['digest']}, but {recorded_digest} is recorded with "
            f"{candidate_deployment}.",
        )
    _check_subject(evidence, endpoint, candidate_deployment, candidate_digest)
    _check_champion(evidence, champion_deployment, champion_digest)
    if evidence["gate"]["digest"] != gate_digest:
        raise RefusedEvidence(
            "other-gate",
            f"The evidence was made by the gate file {evidence['gate']['digest']}; the repository's is "
            f"{gate_digest}. {AGAIN}",
        )
    _check_age(evidence, now, max_age)
    verdict = evidence["verdict"]
    if verdict["outcome"] == "fail":
        raise RefusedEvidence("failed", f"The gate said no: {verdict['sentence']}")
    if not verdict["promote"]:
        raise RefusedEvidence("inconclusive", f"The gate could not decide: {verdict['sentence']}")


def _check_subject(evidence: Evidence, endpoint: str, deployment: str, digest: str) -> None:
    candidate = evidence["candidate"]
    if evidence["endpoint"] != endpoint:
        raise RefusedEvidence(
            "other-endpoint", f"The evidence is about the endpoint {evidence['endpoint']}, not {endpoint}."
        )
    if candidate["deployment"] != deployment:
        raise RefusedEvidence("other-deployment", f"The evidence is about {candidate['deployment']}, not {deployment}.")
    if candidate["content_digest"] != digest:
        raise RefusedEvidence(
            "other-content",
            f"{deployment} was judged with the content {candidate['content_digest']}; it now has {digest}. {AGAIN}",
        )


def _check_champion(evidence: Evidence, deployment: str | None, digest: str | None) -> None:
    champion = evidence["champion"]
    judged = champion["deployment"] if champion else None
    if judged != deployment:
        raise RefusedEvidence(
            "other-champion",
            f"The candidate was judged against {judged or 'no champion'}, but the default is now "
            f"{deployment or 'none'}. {AGAIN}",
        )
    if champion and digest is not None and champion["content_digest"] != digest:
        raise RefusedEvidence(
            "other-champion",
            f"The default {deployment} was judged with the content {champion['content_digest']}; it now has "
            f"{digest}. {AGAIN}",
        )


def _check_age(evidence: Evidence, now: datetime, max_age: timedelta) -> None:
    try:
        age = now - datetime.fromisoformat(evidence["created"].replace("Z", "+00:00"))
    except ValueError as error:
        raise RefusedEvidence("invalid", f"The evidence is dated {evidence['created']}: {error}.") from error
    if age > max_age:
        raise RefusedEvidence(
            "stale",
            f"The evidence is {age.total_seconds() / 3600:.1f} hours old; at most "
            f"{max_age.total_seconds() / 3600:.1f} are allowed. {AGAIN}",
        )
    if age < -CLOCK_SKEW:
        raise RefusedEvidence(
            "from-the-future", f"The evidence is dated {evidence['created']}, ahead of this machine's clock."
        )

"""The one sentence that opens a summary or a comment: what is, or would be, the default, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

_FIGURES = {"roc_auc": "ROC AUC", "log_loss": "log loss", "brier": "Brier score"}


def release_headline(before: str | None, after: str | None, variants: Sequence[Mapping[str, Any]]) -> str:
    """Say what a release did to the default, with the two or three numbers that matter."""
    was = f"`{before}`" if before else "no default"
    judged = [one for one in variants if not one.get("challenger")]
    if after and after != before:
        promoted: Mapping[str, Any] = next((one for one in reversed(judged) if one["deployment"] == after), {})
        return f"✅ `{after}` is the default, instead of {was}{_figures(promoted)}."
    if refused := next((one for one in judged if not one["promoted"]), None):
        return (
            f"❌ {was[:1].upper() + was[1:]} stays: the gate says no to `{refused['deployment']}`{_figures(refused)}."
        )
    if len(judged) < len(variants):
        names = ", ".join(f"`{one['deployment']}` ({one.get('verdict', 'not judged')})" for one in variants)
        return f"✅ {was} stays the default; challengers judged: {names}."
    return f"✅ {was} is the default, as the repository declares; nothing was to be released."


def _figures(judged: Mapping[str, Any]) -> str:
    """Return the candidate's figures, each with the champion's where there is one."""
    candidate, champion = judged.get("candidate_metrics") or {}, judged.get("champion_metrics") or {}
    told = [
        f"{words} {candidate[name]:.3f}" + (f" (the default has {champion[name]:.3f})" if name in champion else "")
        for name, words in _FIGURES.items()
        if name in candidate
    ]
    return f": {', '.join(told)}" if told else ""

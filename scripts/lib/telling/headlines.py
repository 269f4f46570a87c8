"""Keep the sentences that sum up what commands did, one a problem, as the first line of a comment."""

import json
from collections.abc import Mapping
from pathlib import Path

_KEPT = "headlines.json"
SHOWN = "headline.md"


def keep_headlines(folder: Path, news: Mapping[str, str]) -> None:
    """Put the newest sentence of each problem into ``headline.md``; one about no problem gives way to others."""
    kept = folder / _KEPT
    told = {**(json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}), **news}
    about_problems = {problem: text for problem, text in told.items() if problem} or told
    kept.write_text(json.dumps(told), encoding="utf-8")
    (folder / SHOWN).write_text(f"{joined_headlines(about_problems)}\n", encoding="utf-8")


def joined_headlines(told: Mapping[str, str]) -> str:
    """Return one line of the sentences about several problems, each after the problem's name."""
    if len(told) == 1:
        return next(iter(told.values()))
    return " · ".join(f"{problem}: {text}" for problem, text in sorted(told.items()))

"""The page of an endpoint: who serves and why, the history of its default, its deployments, what would be deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from scripts.lib.report.column_charts import timeline
from scripts.lib.report.html import page, when
from scripts.lib.report.judgement import FIRST

_SHOWN = 3


@dataclass(frozen=True)
class Change:
    """One change of the default; ``metrics`` are those by which the new one was promoted, empty without evidence."""

    at: str
    action: str
    default: str
    previous: str
    reason: str
    evidence: str
    commit: str
    metrics: dict[str, float]


@dataclass(frozen=True)
class Deployed:
    """One deployment: its role, age, verdict, last job, and what a retirement that keeps two others would do."""

    name: str
    role: str
    variant: str
    age: str
    verdict: str
    metrics: dict[str, float]
    job: str
    job_state: str
    retirement: str


@dataclass(frozen=True)
class EndpointPage:
    """What the page shows: ``history`` oldest first, ``workspace`` where the endpoint is, ``titles`` of the metrics."""

    endpoint: str
    azure_name: str
    workspace: str
    link: str
    created: str
    default: str
    history: tuple[Change, ...]
    deployments: tuple[Deployed, ...]
    titles: dict[str, str]

    @property
    def last(self) -> Change | None:
        """The change that made the default what it is, None where another tool did."""
        return next((change for change in reversed(self.history) if change.default == self.default), None)

    @property
    def serves(self) -> str:
        """A sentence: who serves, and since when."""
        if not self.default:
            return "No deployment is the default."
        return f"{self.default} serves since {when(self.last.at)}." if self.last else f"{self.default} serves."

    @property
    def metrics(self) -> Sequence[str]:
        """The metrics that a table has room for."""
        known = [*(change.metrics for change in self.history), *(one.metrics for one in self.deployments)]
        names = dict.fromkeys(name for metrics in known for name in metrics)
        first = [name for name in FIRST if name in names]
        return [*first, *(name for name in names if name not in first)][:_SHOWN]

    def judged(self, change: Change) -> dict[str, float]:
        """Return the metrics of the default that a change made; a roll-back has those of the promotion before it."""
        same = [one.metrics for one in self.history if one.default == change.default and one.at <= change.at]
        return next((metrics for metrics in reversed(same) if metrics), {})

    @property
    def became(self) -> str:
        """A sentence: how the default became it; empty where another tool made it the default."""
        if not self.last:
            return ""
        before = self.last.previous
        if self.last.action == "rolled back":
            return "The endpoint was rolled back to it" + (f" from {before}." if before else ".")
        forced = f", by force: {self.last.reason}" if self.last.reason else ""
        return f"It was {self.last.action}{f' instead of {before}' if before else ''}{forced}."

    def timelines(self) -> list[tuple[str, str]]:
        """Return a chart for each of these metrics that two or more defaults have: title, SVG."""
        drawn = []
        for name in self.metrics:
            points = [
                {"at": change.at, "value": self.judged(change)[name], "default": change.default}
                for change in self.history
                if name in self.judged(change)
            ]
            if len(points) > 1:
                drawn.append((self.titles[name], timeline(points, self.titles[name])))
        return drawn


@dataclass(frozen=True)
class SiteEntry:
    """A problem in the index of a site: who serves, and the address of its page, empty where it has none."""

    name: str
    title: str
    state: str
    page: str
    served: bool


def site_html(workspace: str, entries: Sequence[SiteEntry]) -> str:
    """Return the index of a site as HTML that needs no network."""
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return page("site.html.j2", workspace=workspace, entries=entries, created=created)


def endpoint_html(shown: EndpointPage) -> str:
    """Return the page as HTML that needs no network."""
    return page("endpoint.html.j2", shown=shown)

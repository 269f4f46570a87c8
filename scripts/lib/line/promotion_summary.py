"""Say how the default changed, for the summary of a workflow run."""

from typing import TYPE_CHECKING

from scripts.lib.line.promotion import Promotion
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.links import linked_deployment

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def promotion_summary(client: "MLClient", promoted: Promotion, reason: str | None = None) -> str:
    """Return in Markdown how the default changed, with a link to the endpoint's page where the studio has one."""
    default = linked_deployment(promoted.default, endpoint_name(client, promoted.endpoint))
    if promoted.dry_run:
        before = promoted.previous or "none"
        return f"### Dry run\n\n{default} would replace the default, `{before}`. Nothing was changed.\n"
    if not promoted.changed:
        return f"### Default: {default}\n\nIt was the default of `{promoted.endpoint}` already.\n"
    lines = [f"### New default: {default}", "", f"Before: `{promoted.previous or 'none'}`."]
    if promoted.forced:
        lines += ["", f"⚠️ **Forced**, past the gate. Reason: {reason}"]
    return "\n".join(lines) + "\n"

"""What to do about a refusal of Azure: the command that ends it, by the code or the words of the refusal."""

import json

from scripts.lib.setup_check.place import READER_ROLE, RELEASE_ROLE, STORAGE_ROLE, Place

ISSUER = "https://token.actions.githubusercontent.com"
# On a runner inside the network nothing needs to be opened.
_INSIDE = "or run the workflows on runners inside the network"


def remedy(error: Exception, place: Place) -> str:
    """Return what ends the refusal ``error``."""
    text = f"{getattr(error, 'error_code', '')} {getattr(getattr(error, 'error', None), 'code', '')} {error}"
    reader = place.grant(READER_ROLE, f"/subscriptions/{place.subscription}")
    for sign, command in (
        ("KeyBasedAuthenticationNotPermitted", place.update_workspace("--system-datastores-auth-mode identity")),
        ("AuthorizationPermissionMismatch", place.grant(STORAGE_ROLE, place.storage)),
        ("AuthorizationFailure", f"az storage account update --ids {place.storage} --default-action Allow, {_INSIDE}"),
        ("ublic network", f"{place.update_workspace('--public-network-access Enabled')}, {_INSIDE}"),
        ("/locations/", reader),
        ("roleAssignments/read", reader),
        ("AuthorizationFailed", place.grant(RELEASE_ROLE, place.arm)),
    ):
        if sign in text:
            return command
    return "try again; if it stays, ask Azure's support with the words on the left"


def federate(client_id: str, subject: str, audience: str) -> str:
    """Return the command that lets the workflow with ``subject`` sign in as the application."""
    name = "".join(letter if letter.isalnum() else "-" for letter in subject.partition(":")[2])[:120]
    credential = {"name": name, "issuer": ISSUER, "subject": subject, "audiences": [audience]}
    return f"az ad app federated-credential create --id {client_id} --parameters '{json.dumps(credential)}'"


def first_line(error: Exception) -> str:
    """Return the first line of what was said."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

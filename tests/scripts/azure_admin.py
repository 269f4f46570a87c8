"""An administrator who does what check_setup says, to the letter, to the surroundings of an embedded workspace."""

import json
import shlex
from pathlib import Path

from azure.ai.ml.entities import AmlCompute, IdentityConfiguration
from click.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers"
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage#storage-blob-data-contributor
STORAGE_ROLE = {
    "role": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "actions": [f"{_BLOBS}/delete", f"{_BLOBS}/read", f"{_BLOBS}/write",
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"],
    "data_actions": [f"{_BLOBS}/blobs/{verb}" for verb in ("delete", "read", "write", "move/action", "add/action")],
}  # fmt: skip


def roles():
    """Return what can be granted, by name: the repository's two roles and the one of Azure that it needs."""
    found = {"Storage Blob Data Contributor": STORAGE_ROLE}
    for path in (ROOT / "azure").glob("*_role.json"):
        role = json.loads(path.read_text())
        found[role["Name"]] = {"role": role["Name"], "actions": role["Actions"], "data_actions": role["DataActions"]}
    return found


class Admin:
    """The one who may change everything around the workspace in ``state``."""

    def __init__(self, state, client_id, subject=None):
        self.state, self.client_id, self.subject = state, client_id, subject

    @property
    def around(self):
        path = self.state / "azure.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def put(self, **said):
        (self.state / "azure.json").write_text(json.dumps({**self.around, **said}))

    def do(self, fix):
        """Carry out one command as check_setup printed it."""
        words = shlex.split(fix.partition(", or run")[0])
        told = {word: words[place + 1] for place, word in enumerate(words[:-1]) if word.startswith("--")}
        match words:
            case ["az", "role", "assignment", "create", *_]:
                self._grant(told)
            case ["az", "ml", "workspace", "update", *_]:
                self._update_workspace(told)
            case ["az", "storage", "account", "update", *_]:
                assert told["--default-action"] == "Allow"
                self.put(storage={**self.around["storage"], "firewall": False})
            case ["az", "quota", "update", *_]:
                used = self.around["quota"][told["--resource-name"]][0]
                self.put(quota={told["--resource-name"]: [used, int(told["--limit-object"].removeprefix("value="))]})
            case ["az", "ml", "compute", "update", *_]:
                self._give_identity(told)
            case ["az", "login"]:
                self.put(sign_in=None)
            case ["az", "ad", "app", "federated-credential", "create", *_]:
                credential = json.loads(told["--parameters"])
                assert (told["--id"], credential["subject"]) == (self.client_id, self.subject)
                self.put(sign_in=None)
            case ["python", "-m", command, *arguments]:
                done = CliRunner().invoke(__import__(command, fromlist=["main"]).main, arguments)
                assert done.exit_code == 0, done.stderr
            case _:
                raise AssertionError(f"no command: {fix}")

    def _grant(self, told):
        principal = told.get("--assignee-object-id", "caller")
        if principal == "caller":
            assert told["--assignee"] == self.client_id
        granted = {**roles()[told["--role"]], "principal": principal, "scope": told["--scope"]}
        self.put(grants=[*self.around["grants"], granted])

    def _update_workspace(self, told):
        if told.get("--system-datastores-auth-mode") == "identity":
            self.put(storage={**self.around["storage"], "datastores": "identity"})
        elif told.get("--public-network-access") == "Enabled":
            self.put(network="public")
        else:
            raise AssertionError(f"no such option: {told}")

    def _give_identity(self, told):
        from scripts.lib.workspace.connection import Target, connect

        assert told["--identity-type"] == "system_assigned"
        kept = self.around
        self.put(grants=None)
        client = connect(Target()).client
        present = client.compute.get(told["--name"])
        identity = IdentityConfiguration(type="system_assigned")
        # What the SDK reads of a cluster it cannot always write again.
        wanted = AmlCompute(
            name=present.name, size=present.size, max_instances=present.max_instances, identity=identity
        )
        client.compute.begin_create_or_update(wanted).result()
        self.put(**kept)

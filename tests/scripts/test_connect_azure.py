"""docs/connect_azure.md, walked step by step: after each, the checks that it names say ok, and said no before."""

import base64
import json
import re
from pathlib import Path

import pytest
from azure_admin import ROOT, Admin

from emulator.client import activate, deactivate
from emulator.wire.names import Names
from scripts.lib.setup_check.examination import check_setup

TEXT = (ROOT / "docs" / "connect_azure.md").read_text(encoding="utf-8")
SUBSCRIPTION, GROUP, WORKSPACE = "00000000-0000-0000-0000-00000000abcd", "heart", "heart-ml"
CLIENT, TENANT = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
SUBJECT = "repo:OWNER/NAME:ref:refs/heads/main"


def steps():
    """Each step's commands, and the names of the lines that it says check it."""
    for part in re.split(r"^\d\. ", TEXT.partition("\n## ")[0], flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^   ```\n(.*?)^   ```", part, re.MULTILINE | re.DOTALL)
        commands = [line.strip() for block in blocks for line in block.splitlines()]
        checked = re.search(r"\*Checked[^*]*\*", part)
        yield commands, re.findall(r"`([^`]+)`", checked[0]) if checked else []


class Walker(Admin):
    """Who follows the document: what is said to GitHub and to the shell counts as well."""

    def __init__(self, state, monkeypatch):
        super().__init__(state, CLIENT, SUBJECT)
        self.environment, self.monkeypatch = {}, monkeypatch

    def follow(self, command):
        command = command.replace("OWNER/NAME:ref", "OWNER/NAME:ref")
        for name, value in {**self.environment, **self.looked_up()}.items():
            command = command.replace(f"${name}", value)
        match command.split():
            case ["export", said]:
                name, _, value = said.partition("=")
                self.put_variable(name, {"SUBSCRIPTION": SUBSCRIPTION, "GROUP": GROUP, "WORKSPACE": WORKSPACE}[value])
            case ["export", said, *_] if "$(az" in said:
                name = said.partition("=")[0]
                self.put_variable(name, {"AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": TENANT}[name])
            case ["gh", "variable", "set", name, "--body", value]:
                assert self.environment[name] == value
                self.environment[f"vars.{name}"] = value
            case ["az", "ml", "workspace", "create", "--name", name, "--resource-group", group]:
                activate(self.state, Names(subscription=SUBSCRIPTION, group=group, workspace=name))
            case ["az", "role", "definition", "create", "--role-definition", file]:
                assert json.loads((ROOT / file).read_text())["IsCustom"]
            case ["az", "ad", "sp", "create", "--id", identity]:
                assert identity == CLIENT
            case ["python", "-m", "scripts.setup_workspace"]:
                self.set_up()
            case _:
                self.do(command)

    def put_variable(self, name, value):
        self.environment[name] = value
        if name.startswith("AZURE_") and name not in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID"):
            self.monkeypatch.setenv(name, value)

    def looked_up(self):
        """What the document has check_setup or the portal say."""
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
        found = {"STORAGE": f"{group}/Microsoft.Storage/storageAccounts/embeddedstorage"}
        for check in self.checks().values():
            if identity := re.search(r"--assignee-object-id (\S+)", check.fix):
                found["IDENTITY"] = identity[1]
        return found

    def set_up(self):
        from click.testing import CliRunner

        from scripts.setup_workspace import main

        work = (
            "--data",
            str(ROOT / "data" / "heart-disease" / "synthetic.csv"),
            "--work",
            str(self.state.parent / "work"),
        )
        done = CliRunner().invoke(main, work)
        assert done.exit_code == 0, done.stderr

    def checks(self):
        return {check.name: check for check in check_setup(self.environment, "heart-disease")}

    def in_github(self):
        """The checks of the workflow, which has what the repository's variables say."""
        claims = base64.urlsafe_b64encode(json.dumps({"sub": SUBJECT}).encode()).decode().rstrip("=")
        self.monkeypatch.setattr("scripts.lib.setup_check.subjects.github_assertion", lambda _: lambda: f"h.{claims}.s")
        said = {name.partition(".")[2]: value for name, value in self.environment.items() if name.startswith("vars.")}
        if not said:  # a workflow without variables runs on an embedded workspace of its own
            return {}
        github = {"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": "set"}
        return {check.name: check for check in check_setup({**said, **github}, "heart-disease")}


@pytest.fixture
def walker(tmp_path, monkeypatch):
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    state: Path = tmp_path / "state"
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(state))
    embedded = activate(state, Names(subscription=SUBSCRIPTION, group="somewhere", workspace="else"))
    monkeypatch.setattr("scripts.lib.workspace.credentials.azure_credential", lambda *_, **__: embedded.credential)
    walker = Walker(state, monkeypatch)
    reader = {"role": "Reader", "actions": ["*/read"], "scope": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"}
    walker.put(grants=[reader], storage={"keys": False, "datastores": "identity"}, sign_in="Please run 'az login'.")
    yield walker
    deactivate()


def named(checks, name):
    found = checks.get(name)
    return found.status if found else "not yet checked"


def test_each_step_changes_the_checks_that_it_names(walker):
    walked = list(steps())
    assert len(walked) == 7
    for number, (commands, checked) in enumerate(walked[:6], 1):
        look = walker.in_github if number == 6 else walker.checks
        if number == 6:
            walker.put(sign_in=f"AADSTS700213: No matching federated identity record found for subject '{SUBJECT}'")
        # In an embedded workspace without variables everything is well; the checks begin with the first variable.
        before = look() if number > 1 else {}
        for command in commands:
            walker.follow(command)
        after = look()
        for name in checked:
            if name != "Check set-up":
                assert (name, named(before, name)) != (name, "ok"), f"step {number}: {name} was ok before"
                assert (name, named(after, name)) == (name, "ok"), f"step {number}: {after.get(name)}"
    assert [check for check in walker.in_github().values() if check.status == "missing"] == []

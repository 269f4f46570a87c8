"""docs/connect_azure.md, walked step by step: after each, the checks that it names say ok, and said no before."""

import base64
import json
import re
import shlex
from functools import partial
from pathlib import Path

import pytest
from azure_admin import ROOT, Admin

from emulator.client import activate, deactivate
from emulator.wire.names import Names
from scripts.lib.setup_check.examination import check_setup

TEXT = (ROOT / "docs" / "connect_azure.md").read_text(encoding="utf-8")
SUBSCRIPTION, GROUP, WORKSPACE = "00000000-0000-0000-0000-00000000abcd", "heart", "heart-ml"
CLIENT, TENANT = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
SUBJECTS = [f"repo:OWNER/NAME:environment:{name}" for name in ("staging", "production")]


def steps():
    """Each step's commands, and the names of the lines that it says check it."""
    for part in re.split(r"^\d\. ", TEXT.partition("\n## ")[0], flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^   ```\n(.*?)^   ```", part, re.MULTILINE | re.DOTALL)
        commands = [line.strip() for block in blocks for line in block.splitlines()]
        checked = re.search(r"\*Checked[^*]*\*", part)
        yield commands, re.findall(r"`([^`]+)`", checked[0]) if checked else []


def commands_of(heading):
    """The commands below a heading of the document."""
    part = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        line for block in re.findall(r"^```\n(.*?)^```", part, re.MULTILINE | re.DOTALL) for line in block.splitlines()
    ]


class Walker(Admin):
    """Who follows the document: what is said to GitHub and to the shell counts as well.

    ``variables`` are those of the repository, under "", and of each environment; ``registered`` the subjects that may
    sign in.
    """

    def __init__(self, state, monkeypatch, names):
        super().__init__(state, CLIENT)
        self.environment, self.monkeypatch = {}, monkeypatch
        self.names = dict(zip(("SUBSCRIPTION", "GROUP", "WORKSPACE"), names, strict=True))
        self.variables, self.registered = {"": {}}, set()

    def follow(self, command):
        command = command.replace("OWNER/NAME:ref", "OWNER/NAME:ref")
        for name, value in {**self.environment, **self.looked_up()}.items():
            command = command.replace(f"${name}", value)
        match command.split():
            case ["export", said]:
                name, _, value = said.partition("=")
                self.put_variable(name, self.names[value])
            case ["export", said, *_] if "$(az" in said:
                name = said.partition("=")[0]
                self.put_variable(name, {"AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": TENANT}[name])
            case ["gh", "variable", "set", name, "--body", value]:
                assert self.environment[name] == value
                self.variables[""][name] = value
            case ["gh", "variable", "set", name, "--env", where, "--body", value]:
                self.variables.setdefault(where, {})[name] = value
            case ["az", "ad", "app", "federated-credential", "create", *_]:
                told = shlex.split(command)
                assert told[told.index("--id") + 1] == CLIENT
                self.registered.add(json.loads(told[told.index("--parameters") + 1])["subject"])
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

    def in_github(self, subject):
        """The checks of the workflow in an environment, which has what its and the repository's variables say."""
        claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
        self.monkeypatch.setattr("scripts.lib.setup_check.subjects.github_assertion", lambda _: lambda: f"h.{claims}.s")
        said = {**self.variables[""], **self.variables.get(subject.rpartition(":")[2], {})}
        if not said:  # a workflow without variables runs on an embedded workspace of its own
            return {}
        refused = f"AADSTS700213: No matching federated identity record found for subject '{subject}'"
        self.put(sign_in=None if subject in self.registered else refused)
        github = {"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": "set"}
        return {check.name: check for check in check_setup({**said, **github}, "heart-disease")}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Function: who follows the document from the start, in a subscription without a workspace."""
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def begin(*names):
        state: Path = tmp_path / f"state of {'-'.join(names)}"
        monkeypatch.setenv("AZUREML_LOCAL_STATE", str(state))
        embedded = activate(state, Names(subscription=SUBSCRIPTION, group="somewhere", workspace="else"))
        monkeypatch.setattr("scripts.lib.workspace.credentials.azure_credential", lambda *_, **__: embedded.credential)
        walker = Walker(state, monkeypatch, names or (SUBSCRIPTION, GROUP, WORKSPACE))
        scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{walker.names['GROUP']}"
        reader = {"role": "Reader", "actions": ["*/read"], "scope": scope}
        walker.put(grants=[reader], storage={"keys": False, "datastores": "identity"}, sign_in="Please run 'az login'.")
        return walker

    yield begin
    deactivate()


def named(checks, name):
    found = checks.get(name)
    return found.status if found else "not yet checked"


def test_each_step_changes_the_checks_that_it_names(start):
    walker, walked = start(), list(steps())
    assert len(walked) == 7
    for number, (commands, checked) in enumerate(walked[:6], 1):
        looks = [partial(walker.in_github, subject) for subject in SUBJECTS] if number == 6 else [walker.checks]
        # In an embedded workspace without variables everything is well; the checks begin with the first variable.
        before = [look() if number > 1 else {} for look in looks]
        for command in commands:
            walker.follow(command)
        for earlier, after in zip(before, [look() for look in looks], strict=True):
            for name in checked:
                if name != "Check set-up":
                    assert (name, named(earlier, name)) != (name, "ok"), f"step {number}: {name} was ok before"
                    assert (name, named(after, name)) == (name, "ok"), f"step {number}: {after.get(name)}"
    for subject in SUBJECTS:
        assert [check for check in walker.in_github(subject).values() if check.status == "missing"] == []


def test_a_second_workspace_for_staging(start):
    """Staging's environment names it; before its steps were followed, the check says what is missing there."""
    production, walked = start(), list(steps())
    for commands, _ in walked[:6]:
        for command in commands:
            production.follow(command)
    staging = start(SUBSCRIPTION, GROUP, "heart-ml-staging")
    staging.variables, staging.registered = production.variables, production.registered
    for command in walked[0][0]:
        staging.follow(command)
    staging.environment["AZURE_CLIENT_ID"] = CLIENT
    for command in commands_of("Staging and production"):
        staging.follow(command)
    assert staging.variables["staging"]["AZURE_ML_WORKSPACE"] == "heart-ml-staging"
    assert staging.variables[""]["AZURE_ML_WORKSPACE"] == WORKSPACE
    assert named(staging.in_github(SUBJECTS[0]), "workspace") == "missing"
    for commands, _ in walked[1:5]:
        for command in commands:
            staging.follow(command)
    found = staging.in_github(SUBJECTS[0])
    assert [check for check in found.values() if check.status == "missing"] == []
    assert found["workspace"].found.startswith("heart-ml-staging")

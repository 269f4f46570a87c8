"""The file of surroundings: what it may contain, and the scope of a role."""

import pytest

from emulator.client import activate
from emulator.state.surroundings import Grant
from emulator.wire.errors import Unusable


def test_a_role_on_a_resource_counts_for_what_is_below_it_alone():
    role = Grant("caller", "r", "/subscriptions/s/resourceGroups/g")
    assert role.covers("/subscriptions/S/resourcegroups/G/providers/x/y/z")
    assert not role.covers("/subscriptions/s/resourceGroups/g2")
    assert not role.covers("/subscriptions/s")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "cannot be read"),
        ("[]", "expected keys"),
        ('{"grant": []}', "unknown key 'grant'; the keys are sign_in, grants"),
        ('{"storage": {"key": 1}}', "storage: unknown key 'key'"),
    ],
)
def test_surroundings_that_are_not_understood_are_refused_when_the_workspace_opens(tmp_path, content, words):
    (tmp_path / "azure.json").write_text(content)
    with pytest.raises(Unusable, match=words.replace("[", r"\[")):
        activate(tmp_path)

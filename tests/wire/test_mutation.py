"""A part of the faults that `python -m tests.wire.mutation` puts into answers; and what it cannot see, it says."""

import pytest

from tests.wire import sessions
from tests.wire.mutation import WANTED, find, load_faults, named

pytestmark = pytest.mark.skipif(not sessions.ROOT.is_dir(), reason="needs ../shared/azure_wire")
# An empty file, a wrong range, a run without logs, an unknown status, a wrong list, and some of the rest.
QUICK = [
    fault
    for number, fault in enumerate(load_faults())
    if number % 40 == 0 or fault.get("bytes") == "empty" or fault.get("at") == "/logFiles" or "xml" in fault
]


def test_there_are_enough_faults_of_enough_operations():
    assert len(load_faults()) >= 60
    assert len({fault["operation"] for fault in load_faults()}) >= 30
    assert 0.95 <= WANTED <= 1
    assert len({named(fault) for fault in load_faults()}) == len(load_faults())


@pytest.mark.parametrize("fault", QUICK, ids=named)
def test_a_fault_is_found(fault):
    assert find(fault)


def test_what_the_comparison_leaves_open_is_not_found():
    """Who created a resource differs between workspaces, so that a fault there shows as no difference."""
    assert find({"operation": "PUT data/*/versions/*", "at": "/systemData/createdBy", "to": "somebody"}) == ""


def test_a_fault_that_no_answer_can_have_is_an_error():
    with pytest.raises(LookupError, match="No session shows"):
        find({"operation": "PUT data/*/versions/*", "at": "/no/such/place", "to": 1})

"""The blob service answers the storage SDK as Azurite does, Microsoft's own emulator of it."""

from dataclasses import replace

import pytest

from tests.emulator.routes.blob.azurite.exchanges import Seen, differences, played
from tests.emulator.routes.blob.azurite.scenarios import SCENARIOS

pytestmark = pytest.mark.slow
# Where both are right, or Azurite is wrong.
EXPLAINED = {
    # Documented for the response to a range alone; the SDK reads an empty blob whole, after a range that is refused.
    "an empty blob": ["GET 200 x-ms-blob-content-md5: None, not 1B2M2Y8AsgTpgAmY7PhCfg=="],
}


@pytest.mark.parametrize("title", SCENARIOS)
def test_both_answer_alike(title, azurite, embedded):
    assert differences(played(embedded, title), played(azurite, title)) == EXPLAINED.get(title, [])


def test_a_difference_is_seen(azurite):
    responses, result = played(azurite, "metadata")
    assert [each.method for each in responses] == ["PUT", "PUT", "HEAD"]
    assert differences((responses, result), (responses, result)) == []
    assert differences((responses[1:], result), (responses, result))
    assert differences((responses, "other"), (responses, result)) == [f"result: other, not {result}"]
    changed = [replace(responses[0], status=409, code="BlobAlreadyExists"), *responses[1:]]
    assert differences((changed, result), (responses, result)) == ["PUT: 409 BlobAlreadyExists, not 201 None"]
    bare = [Seen(responses[0].method, responses[0].status, None, {}), *responses[1:]]
    assert any("ETag: None, not there" in each for each in differences((bare, result), (responses, result)))

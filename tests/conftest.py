"""What all tests share: in CI the same examples are drawn each time, so that a red run can be repeated."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

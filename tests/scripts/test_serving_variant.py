"""The variant that serves is declared, or is the only one there is."""

import pytest

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository import files


@pytest.mark.parametrize(
    ("text", "variants", "serves"),
    [
        ("variant: b\n", ["a", "b"], "b"),
        (None, ["a"], "a"),
        (None, ["a", "b"], None),
        ("variant: c\n", ["a", "b"], None),
        ("serves: a\n", ["a", "b"], None),
    ],
)
def test_the_variant_that_serves_is_declared(text, variants, serves, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOT", tmp_path)
    endpoint = tmp_path / "endpoints" / "e"
    (endpoint / "deployments").mkdir(parents=True)
    (endpoint / "endpoint.yml").touch()
    for name in variants:
        (endpoint / "deployments" / f"{name}.yml").touch()
    if text:
        (endpoint / "serving.yml").write_text(text)
    if serves:
        assert files.serving_variant("e") == serves
        return
    with pytest.raises(BadConfiguration, match="must declare"):
        files.serving_variant("e")

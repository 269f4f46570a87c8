"""The variant that serves is declared, or is the only one there is."""

import pytest

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository import files


def endpoint(root, monkeypatch, text, variants):
    """Describe the endpoint e, which deploys these variants."""
    monkeypatch.setattr(files, "ROOT", root)
    folder = root / "endpoints" / "e"
    (folder / "deployments").mkdir(parents=True)
    (folder / "endpoint.yml").touch()
    for name in variants:
        (folder / "deployments" / f"{name}.yml").touch()
    if text:
        (folder / "serving.yml").write_text(text)


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
    endpoint(tmp_path, monkeypatch, text, variants)
    if serves:
        assert files.serving_variant("e") == serves
        return
    with pytest.raises(BadConfiguration, match="must declare"):
        files.serving_variant("e")


@pytest.mark.parametrize(
    ("text", "released"),
    [
        ("variant: b\n", ["a", "b", "c"]),
        ("variant: b\non_request: [c]\n", ["a", "b"]),
        ("variant: b\non_request: [a, c]\n", ["b"]),
        ("variant: b\non_request: [b]\n", None),
        ("variant: b\non_request: [d]\n", None),
        ("variant: b\non_request: c\n", None),
    ],
)
def test_a_variant_on_request_is_released_where_it_is_named(text, released, tmp_path, monkeypatch):
    endpoint(tmp_path, monkeypatch, text, ["a", "b", "c"])
    if released:
        assert files.released_variants("e") == released
        return
    with pytest.raises(BadConfiguration, match=r"`on_request` is .* do not serve: a, c"):
        files.released_variants("e")

"""A large package is imported without a collection, and collections go on afterwards, without what it made."""

import gc
import sys

import pytest

from scripts.lib.packages import import_large

LARGE = "made = [[number] for number in range(100_000)]\n"


@pytest.fixture
def collections(tmp_path, monkeypatch):
    """The collections so far, with two packages to import."""
    (tmp_path / "large_one.py").write_text(LARGE)
    (tmp_path / "large_broken.py").write_text(f"{LARGE}raise KeyError('x')\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    note = lambda phase, info: seen.append(phase)  # noqa: E731
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    sys.modules.pop("large_one", None)
    gc.unfreeze()


def test_nothing_is_collected_while_it_is_imported(collections):
    collections.clear()
    exec(LARGE, {})
    assert collections, "what is made otherwise is looked at"
    gc.collect()
    collections.clear()
    package = import_large("large_one")
    assert not collections
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(package.made)
    assert not any(one is package.made for one in gc.get_objects())


def test_what_is_there_is_not_imported_again(collections):
    import_large("large_one")
    gc.unfreeze()
    assert import_large("large_one") is sys.modules["large_one"]
    assert not gc.get_freeze_count()


def test_a_package_that_fails_leaves_the_collector_as_it_was(collections):
    with pytest.raises(KeyError):
        import_large("large_broken")
    assert gc.isenabled()
    gc.disable()
    try:
        import_large("large_one")
        assert not gc.isenabled()
    finally:
        gc.enable()

"""How the tests run: live, as against the cloud."""


def is_live() -> bool:
    """Say that requests are answered by a service, not by a recording."""
    return True


def is_live_and_not_recording() -> bool:
    """Say that nothing is recorded either."""
    return True

"""How the tests run: live, as against the cloud."""


def is_live() -> bool:
    """Say that requests are answered by a service, not by a recording."""
    return True


def is_live_and_not_recording() -> bool:
    """Deny it: the vendor's fixtures put random hashes in place of the content's in a live run that records nothing."""
    return False

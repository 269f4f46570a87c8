"""Names that the vendor's tests import for playback; a live run never uses them."""

SANITIZED = "Sanitized"


class FakeTokenCredential:
    """Refuses to issue a token: playback is not what happens here."""

    def get_token(self, *scopes: str, **kwargs: object) -> None:
        """Raise always."""
        raise RuntimeError("the tests run live; a fake token is never asked for")

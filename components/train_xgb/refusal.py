"""The one way this step says no to its input."""


class Refused(Exception):
    """The input cannot be trained on; the message says what, where, which value and what to do."""

"""The one way this step says no to its input."""


class Refused(Exception):
    """The input cannot be prepared; the message says what, where, which value and what to do."""

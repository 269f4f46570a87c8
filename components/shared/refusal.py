"""The one way a step says no to its input."""


class Refused(Exception):
    """The step cannot use its input; the message says what, where, which value and what to do."""

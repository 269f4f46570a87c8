"""What the runner raises."""


class Refused(Exception):
    """A workflow uses something that the runner does not know, or that GitHub would reject."""

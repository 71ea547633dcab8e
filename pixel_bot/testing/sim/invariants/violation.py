"""The error of everything that checks."""


class Violation(AssertionError):
    """A promise was broken; the sentence says which, and where."""

"""Refusals of the trail."""


class AnchorsError(ValueError):
    """The file is no list of heads, so that nothing can be compared with it."""

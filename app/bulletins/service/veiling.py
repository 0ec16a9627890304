"""Hiding counts that would be somebody: small ones, and those by which a small one could be worked out."""

from collections.abc import Sequence

LEAST = 5  # below this a sign is never shown for a part, whatever the policy says: families read bulletins


def veil(total: int, parts: Sequence[int], below: int, *, small_whole: bool) -> tuple[int | None, list[int | None]]:
    """The total and its parts with None for what must not be shown; a nought tells of nobody and is shown.

    ``small_whole``: the total itself may be somebody, as that of a school. A single hidden part, or several that can
    only be one each, would follow from the total: then the next smallest is hidden as well, or else the total.
    """
    hidden = {place for place, count in enumerate(parts) if 0 < count < below}
    rest = sorted((count, place) for place, count in enumerate(parts) if count >= below)
    whole_hidden = small_whole and 0 < total < below
    while hidden and not whole_hidden and _follows([parts[place] for place in hidden]):
        if rest:
            hidden.add(rest.pop(0)[1])
        else:
            whole_hidden = True
    shown = [None if place in hidden else count for place, count in enumerate(parts)]
    return (None if whole_hidden else total), shown


def _follows(hidden: Sequence[int]) -> bool:
    return len(hidden) == 1 or sum(hidden) == len(hidden)

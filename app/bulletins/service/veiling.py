"""Hiding counts that would be somebody: small ones, and those by which a small one could be worked out."""

from collections.abc import Sequence

LEAST = 5  # below this a sign is never shown for a part, whatever the policy says: families read bulletins


def veil(
    total: int | None, parts: Sequence[int | None], below: int, *, small_whole: bool
) -> tuple[int | None, list[int | None]]:
    """The total and its parts with None for what must not be shown; a nought tells of nobody and is shown.

    None is what the figures hide already, with what would give it away (decision record 34). ``small_whole``: the total
    itself may be somebody, as that of a school. A single hidden part, or several that can only be one each, would
    follow from the total: then the next smallest is hidden as well, or else the total.
    """
    hidden = {place for place, count in enumerate(parts) if count is None or 0 < count < below}
    rest = sorted((count, place) for place, count in enumerate(parts) if count is not None and count >= below)
    whole_hidden = total is None or (small_whole and 0 < total < below)
    while hidden and not whole_hidden and _follows([parts[place] for place in hidden]):
        if rest:
            hidden.add(rest.pop(0)[1])
        else:
            whole_hidden = True
    shown = [None if place in hidden else count for place, count in enumerate(parts)]
    return (None if whole_hidden else total), shown


def _follows(hidden: Sequence[int | None]) -> bool:
    known = [count for count in hidden if count is not None]
    return len(hidden) == 1 or (len(known) == len(hidden) and sum(known) == len(known))

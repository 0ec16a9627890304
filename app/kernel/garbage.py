"""Python's garbage collector, which by default walks through all that was imported again and again.

Which was a fifth of the time of a check-in, and a quarter of that of an import of ten thousand readings
(docs/performance.md).
"""

import gc
from typing import Final

NEW_OBJECTS: Final = 10_000  # between two looks; objects die by their count of references all the while


def spare_what_stays() -> None:
    """Never look again at what there is by now, and seldomer at what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)

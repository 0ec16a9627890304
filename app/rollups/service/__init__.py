"""Writing the leaves (`leaves`), reading their sums (`figures`), holding them against rows (`recounting`)."""

from app.rollups.schemas import Drift, Rate
from app.rollups.service.figures import (
    children_figures,
    list_metrics,
    read_figures,
    trend,
    unit_figures,
)
from app.rollups.service.leaves import (
    absorb,
    add_days,
    add_roll,
    close_school,
    count_units,
    lock_days,
    open_school,
    relocate,
)
from app.rollups.service.recounting import (
    recount,
    recount_as,
    register_known,
    register_recount,
    school_figures,
    schools_to_recount,
)

__all__ = [
    "Drift",
    "Rate",
    "absorb",
    "add_days",
    "add_roll",
    "children_figures",
    "close_school",
    "count_units",
    "list_metrics",
    "lock_days",
    "open_school",
    "read_figures",
    "recount",
    "recount_as",
    "register_known",
    "register_recount",
    "relocate",
    "school_figures",
    "schools_to_recount",
    "trend",
    "unit_figures",
]

"""The daily check-in: one way in, corrections, archives, families, who is missing, who is behind a figure."""

from app.checkins.schemas.answers import Outcome, ReceiptOut
from app.checkins.schemas.readings import CheckInIn, CorrectionIn, ReadingIn
from app.checkins.service.archive import read_archive, temperature_record
from app.checkins.service.correct import correct
from app.checkins.service.counting import entered_after, recount, units_of
from app.checkins.service.entrances import submit_at_gate, submit_batch, submit_for_unit, submit_one
from app.checkins.service.family import family
from app.checkins.service.figures import figure_persons
from app.checkins.service.form import current_form
from app.checkins.service.import_columns import template
from app.checkins.service.imports import cancel_import, carry_on, give_up, import_checkins, list_imports, read_import
from app.checkins.service.listed import has_listed_symptom
from app.checkins.service.missing import Wanted, missing_in_school, missing_in_unit
from app.checkins.service.owing import Missing, accounts_owing, missing_by_unit, missing_with_accounts, owes
from app.checkins.service.partitions import (
    drop_partition,
    expired_partitions,
    list_partitions,
    make_partition,
)
from app.checkins.service.recent import HOLDS, recent_days
from app.checkins.service.rehome import rehome
from app.checkins.service.runs import flag_runs
from app.checkins.service.submit import Door, submit
from app.checkins.service.together import Call, submit_together

__all__ = [
    "HOLDS",
    "Call",
    "CheckInIn",
    "CorrectionIn",
    "Door",
    "Missing",
    "Outcome",
    "ReadingIn",
    "ReceiptOut",
    "Wanted",
    "accounts_owing",
    "cancel_import",
    "carry_on",
    "correct",
    "current_form",
    "drop_partition",
    "entered_after",
    "expired_partitions",
    "family",
    "figure_persons",
    "flag_runs",
    "give_up",
    "has_listed_symptom",
    "import_checkins",
    "list_imports",
    "list_partitions",
    "make_partition",
    "missing_by_unit",
    "missing_in_school",
    "missing_in_unit",
    "missing_with_accounts",
    "owes",
    "read_archive",
    "read_import",
    "recent_days",
    "recount",
    "rehome",
    "submit",
    "submit_at_gate",
    "submit_batch",
    "submit_for_unit",
    "submit_one",
    "submit_together",
    "temperature_record",
    "template",
    "units_of",
]

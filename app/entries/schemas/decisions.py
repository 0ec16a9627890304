"""Decisions, what the level above is told, delegations."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.access.roles import Role
from app.entries.models import Purpose, RequestState, StepLevel, StepState
from app.entries.schemas.requests import StepOut
from app.kernel.schemas import Day, Id, Note, ProblemOut, Schema


class Verdict(StrEnum):
    """What can be said to a step; each is a move of it."""

    APPROVE = "approve"
    REFUSE = "refuse"
    RETURN = "return"


class VerdictIn(Schema):
    """A decision. ``note`` is for the level above, which learns no names: write none."""

    verdict: Verdict
    reason: Annotated[Note | None, Field(description="wanted unless approved")] = None
    note: Note | None = None

    @model_validator(mode="after")
    def _reason(self) -> "VerdictIn":
        if self.verdict is not Verdict.APPROVE and self.reason is None:
            raise PydanticCustomError("reason_wanted", "a reason is wanted")
        return self


class StepVerdictIn(VerdictIn):
    """The decision on the step that its author has seen open."""

    step_id: Id


class BulkItemIn(Schema):
    """A step that was seen open."""

    request_id: Id
    step_id: Id


class BulkVerdictIn(VerdictIn):
    """One decision on many requests."""

    items: Annotated[list[BulkItemIn], Field(min_length=1, max_length=100)]


class DecisionOut(Schema):
    """What has become of the request, and the step that was decided on."""

    request_id: int
    state: RequestState
    step: StepOut


class BulkOutcome(StrEnum):
    """Of one item."""

    DECIDED = "decided"
    REFUSED = "refused"


class BulkItemOut(Schema):
    """The answer for the item at ``index``; a problem of one stops no other."""

    index: int
    outcome: BulkOutcome
    state: RequestState | None
    problem: ProblemOut | None


class BulkOut(Schema):
    """An answer for each item, in order."""

    items: list[BulkItemOut]


class ReferralOut(Schema):
    """A step as the level above (or a deputy) sees it: figures and kinds, no persons."""

    id: int
    institution_id: int
    institution_name: str
    level: StepLevel
    state: StepState
    roles: list[str]
    needs_all: bool
    opened_at: datetime | None
    request_id: int
    purpose: Purpose
    persons: int
    outsiders: int
    venues: list[str] = Field(description="kinds of venues; none: the campus")
    order_numbers: list[str]
    valid_from: datetime
    valid_until: datetime
    note: str | None


class DelegationIn(Schema):
    """Whoever holds ``role`` (of ``unit_id``) here is represented by the deputy from a day to a day, both included."""

    role: Role
    unit_id: Id | None = None
    account_id: Annotated[Id | None, Field(description="who holds the role; absent: yourself")] = None
    deputy_account_id: Id
    since: Day
    until: Day

    @model_validator(mode="after")
    def _in_order(self) -> "DelegationIn":
        if self.until < self.since:
            raise PydanticCustomError("days_in_order", "it ends after it begins")
        return self


class DelegationOut(Schema):
    """A delegation; ``in_force``: today."""

    id: int
    institution_id: int
    role: Role
    unit_id: int | None
    account_id: int
    deputy_account_id: int
    since: date
    until: date
    revoked_at: datetime | None
    in_force: bool

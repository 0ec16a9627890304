"""Bulletins as they are written, and as they are read."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from app.bulletins.models import Audience, BulletinState, IssueKind
from app.kernel.schemas import Day, Id, Name, Note, Schema, Text

Addressed = Annotated[
    list[Audience],
    Field(min_length=1, max_length=len(Audience), description="who reads it, at this place and below"),
    AfterValidator(lambda given: sorted(set(given), key=list(Audience).index)),
]
USUAL = (Audience.OFFICES, Audience.SCHOOLS)


class BulletinIn(Schema):
    """Of which day; ``corrects``: an issue of one's own that this one is to replace."""

    day: Day | None = Field(default=None, description="today, if absent")
    corrects: Id | None = None


class BulletinChange(Schema):
    """What a paper is to say; its figures stay those of the day."""

    title: Name = Field(examples=["疫情防控工作动态"])
    text: Text = Field(examples=["一、总体情况\n全区应报 12345 人, 已报 12300 人。"])
    audience: Addressed


class ReasonIn(Schema):
    """Why a paper goes back, or an issue holds no longer."""

    reason: Note = Field(examples=["数据有误, 请核对"])


class FigureOut(Schema):
    """A count; null where it is so small that it would tell of somebody. ``change``: against the day before."""

    count: int | None
    change: int | None


class PartOut(Schema):
    """A child of an institution, or a class of a school."""

    name: str
    counts: dict[str, int | None]
    percent: float | None
    reported: bool | None = Field(description="whether its daily report was received; null: none is owed, or a class")


class ReportsTold(Schema):
    """Daily reports of the schools."""

    owed: int
    sent: int
    on_time: int
    zero: int
    missing: int


class BulletinFigures(Schema):
    """The figures that a bulletin rests on, with ``hidden_below`` as the least count that is shown of a sign."""

    as_of: datetime
    hidden_below: int
    whole: dict[str, FigureOut]
    percent: float | None = Field(description="checked in, of those due")
    percent_before: float | None
    reports: ReportsTold
    closures: dict[str, int] = Field(description="schools by how strictly they are closed")
    parts: list[PartOut]


class BulletinOut(Schema):
    """A paper."""

    id: int
    institution_id: int
    day: date
    state: BulletinState
    corrects: int | None
    audience: list[Audience]
    title: str
    text: str
    figures: BulletinFigures
    review_wanted: bool = Field(description="whether the policy asks for a review before it is issued")
    written_by: int | None
    edits: int
    version: int = Field(description="for If-Match")


class BulletinEditOut(Schema):
    """What a paper said from a change on."""

    number: int
    audience: list[Audience]
    title: str
    text: str
    written_by: int | None
    written_at: datetime


class Replacement(Schema):
    """The issue by which another holds no longer."""

    id: int
    kind: IssueKind
    number: int


class IssueRow(Schema):
    """An issue in a list."""

    id: int
    institution_id: int
    office: str
    kind: IssueKind
    year: int
    number: int
    day: date
    title: str
    issued_at: datetime
    replaces: int | None
    replaced_by: Replacement | None = Field(description="null: it holds")


class IssueOut(IssueRow):
    """An issue. What was withdrawn is shown to its own institution alone: it may be why it was."""

    reason: str | None
    audience: list[Audience]
    text: str | None
    figures: BulletinFigures | None
    issued_by: int | None = Field(description="the account; null outside of the institution")
    digest: str = Field(description="SHA-256 of what was issued: equal where two copies are")

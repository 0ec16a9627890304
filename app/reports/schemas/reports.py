"""Drafts, answers, what was sent, what was received."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from app.institutions.models import InstitutionKind
from app.kernel.schemas import BIGGEST_ID, Code, Count, Note, Schema, Text
from app.kernel.validation import FIELD_TEXTS
from app.reports.models import Outcome, ReportState
from app.reports.schemas.forms import MetricName, Question, ReportFileOut

LARGEST = 2**31 - 1  # of numbers that are summed up the tree; ids of documents are longer
Amount = Annotated[int, Field(strict=True, ge=-LARGEST, le=BIGGEST_ID)]


def _number_or_text(value: object, check: ValidatorFunctionWrapHandler) -> object:
    # Of both kinds each would say what is wrong by itself, at places that are no part of the input.
    try:
        return check(value)
    except ValidationError:
        raise PydanticCustomError("number_or_text", "a whole number or a text of some length") from None


class AnswerIn(Schema):
    """An answer: a text (also for a choice) or a number (also the id of a document that was filed)."""

    question: Code
    answer: Annotated[Amount | Text, WrapValidator(_number_or_text)]


class StatedIn(Schema):
    """A figure that the reporter states instead of what the facts say, and why."""

    figure: MetricName
    count: Count
    reason: Note | None = None


class CompletionIn(Schema):
    """All answers and statements of a draft; what is left out is taken back."""

    answers: Annotated[list[AnswerIn], Field(default_factory=list, max_length=100)]
    stated: Annotated[list[StatedIn], Field(default_factory=list, max_length=60)]

    @model_validator(mode="after")
    def _each_once(self) -> "CompletionIn":
        for said in ([one.question for one in self.answers], [one.figure for one in self.stated]):
            if len(set(said)) < len(said):
                raise PydanticCustomError("asked_once", "each figure and each question once")
        return self


class SendingIn(Schema):
    """``reason``: why what was sent before is amended; wanted then."""

    reason: Note | None = None


class ReturnIn(Schema):
    """Why a report goes back."""

    reason: Note


class ReturnedOut(Schema):
    """That a report went back, and why."""

    at: datetime
    reason: str


class ReceivedOut(Schema):
    """The newest that an institution has received from one below it."""

    institution_id: int
    name: str
    number: int
    sent_at: datetime
    on_time: bool
    zero: bool
    returned: bool = Field(description="sent back, and not sent again: it counts as it was sent")


class MissingOut(Schema):
    """An institution that owes its report still."""

    institution_id: int
    name: str


class DraftOut(Schema):
    """A report as it would be sent now."""

    institution_id: int
    day: date
    state: ReportState
    owed: bool = Field(description="false on a day without school, by the calendar of the policy")
    due_at: datetime
    as_of: datetime = Field(description="the moment that the figures stand for, or now where it has not come")
    figures: dict[str, int] = Field(description="those of the collection: own facts and what was received")
    facts: dict[str, int] = Field(description="the same without what the reporter states instead")
    differs: list[str] = Field(description="figures stated unlike the facts without a reason: a false report, if sent")
    questions: list[Question]
    answers: dict[str, int | str]
    unanswered: list[str] = Field(description="they must be answered, or no longer fit what is asked")
    answer_sums: dict[str, int] = Field(description="number questions: the own answer and what was received")
    answer_counts: dict[str, dict[str, int]] = Field(description="choices: how many have chosen which")
    files: list[ReportFileOut] = Field(description="documents that are answers")
    stated: dict[str, int] = Field(description="figures of its own that the reporter states instead of the facts")
    reasons: dict[str, str]
    received: list[ReceivedOut]
    missing: list[MissingOut]
    returned: ReturnedOut | None = Field(description="why the level above has sent it back; null: it has not")
    version: int = Field(description="for If-Match")


class SealedFile(Schema):
    """A document as it was signed."""

    id: int
    name: str
    sha256: str


class FormVersion(Schema):
    """A version of a form."""

    institution_id: int
    code: str
    number: int


class RevisionOut(Schema):
    """What was sent, and proof of it: SHA-256, that of what was sent before, and an ES256 signature."""

    number: int
    day: date
    sent_at: datetime
    sent_by: int | None = Field(description="the account that signed; null above the institution")
    on_time: bool
    zero: bool
    reason: str | None
    as_of: datetime
    figures: dict[str, int]
    facts: dict[str, int]
    answers: dict[str, int | str]
    answer_sums: dict[str, int]
    answer_counts: dict[str, dict[str, int]]
    files: list[SealedFile] = Field(description="documents that are answers, as they were when it was sent")
    reasons: dict[str, str]
    forms: list[FormVersion] = Field(description="the versions that asked for it")
    received: list[int] = Field(description="institutions whose reports are in it")
    missing: list[int] = Field(description="institutions that owed theirs when it was sent")
    known_to: datetime | None = Field(description="when it was replaced; null: the newest")
    returned: ReturnedOut | None
    previous: str
    digest: str
    signature: str


class ReportOut(Schema):
    """The report of an institution for a day, with the newest of what was sent."""

    institution_id: int
    name: str
    kind: InstitutionKind
    day: date
    state: ReportState
    owed: bool
    asked_at: datetime
    due_at: datetime
    sent_at: datetime | None = Field(description="the first time")
    on_time: bool | None
    number: int
    version: int
    returned: ReturnedOut | None
    revision: RevisionOut | None


class ReportRow(Schema):
    """A report in a list."""

    institution_id: int
    name: str
    kind: InstitutionKind
    day: date
    state: ReportState
    owed: bool
    outcome: Outcome
    due_at: datetime
    sent_at: datetime | None
    on_time: bool | None = Field(description="null: nothing was sent")
    number: int


class SchoolReportRow(Schema):
    """A school's report in a file; ``figures`` are those of the school itself. Nothing sent: null."""

    institution_id: int
    name: str
    above: str | None
    state: ReportState
    owed: bool
    number: int
    sent_at: datetime | None
    on_time: bool | None
    zero: bool | None
    figures: dict[str, int] | None


class SchoolReports(Schema):
    """How many schools owe a report and what came: with cases, zero, or nothing. Sent is with cases and zero."""

    owed: int
    sent: int
    on_time: int
    with_cases: int
    zero: int
    returned: int = Field(description="of those sent: sent back, and not sent again")
    missing: int


class ChildReportOut(Schema):
    """One part of a collection: what the child itself has sent, and what stands below it.

    ``itself``: the institution's own line, in a collection of a school with schools below it.
    """

    institution_id: int
    name: str
    kind: InstitutionKind
    state: ReportState | None = Field(description="null: nothing is owed")
    number: int = Field(description="of the newest revision as known then; 0: nothing sent")
    sent_at: datetime | None
    on_time: bool | None
    zero: bool | None
    figures: dict[str, int] | None = Field(description="as the child has sent them")
    schools: SchoolReports
    school_figures: dict[str, int] = Field(description="the sum of what the schools below it have sent")


class CollectedOut(Schema):
    """What an institution has received for a day, as known at a moment; the parts add up to the whole."""

    institution_id: int
    day: date
    known_at: datetime
    received: int
    owed: int
    figures: dict[str, int] = Field(description="the sum of what the children have sent")
    schools: SchoolReports
    school_figures: dict[str, int]
    missing: list[MissingOut] = Field(description="children who owe theirs still; they stand among the items too")
    items: list[ChildReportOut]


class ProofOut(Schema):
    """Whether a revision is what was signed: each of the three must hold."""

    number: int
    day: date
    digest: str
    content_holds: bool = Field(description="the content has this digest, and all that is shown of it says the same")
    chain_holds: bool = Field(description="it follows what the institution had sent before")
    signature_holds: bool = Field(description="this service has signed the digest for this institution")


class ProofsOut(Schema):
    """All revisions of a report, held against their signatures."""

    institution_id: int
    complete: bool = Field(description="there are as many as were sent")
    whole: bool = Field(description="complete, and each holds")
    items: list[ProofOut]


FIELD_TEXTS["number_or_text"] = (
    "number_or_text",
    "须为整数, 或 1 至 4000 字的文字。",
    "A whole number, or a text of up to 4000 characters.",
)

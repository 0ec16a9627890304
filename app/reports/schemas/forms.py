"""Forms, and the layouts in which an office shows what was collected."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.institutions.models import InstitutionKind, SchoolType
from app.kernel.schemas import Code, Day, Flag, Name, Schema
from app.kernel.validation import FIELD_TEXTS
from app.reports.models import QuestionKind

MetricName = Annotated[
    str, Field(pattern=r"^[a-z_]{1,40}$", description="a name of `GET /metrics`", examples=["fever"])
]


class Question(Schema):
    """What the figures do not say. ``choices`` for a choice, and only for one."""

    code: Code
    kind: QuestionKind
    title: Name
    required: Flag = False
    choices: Annotated[list[Name], Field(default_factory=list, max_length=30)]

    @model_validator(mode="after")
    def _choices_of_a_choice(self) -> "Question":
        if (self.kind is QuestionKind.CHOICE) != bool(self.choices):
            raise PydanticCustomError("choices_of_a_choice", "a choice has choices, nothing else has")
        return self


class ReportFormIn(Schema):
    """A version of a form: what is asked of every institution of ``level`` below; ``ended``: no longer."""

    code: Code
    title: Name
    level: InstitutionKind
    school_types: Annotated[list[SchoolType], Field(min_length=1, max_length=10)] | None = Field(
        default=None, description="of schools, these kinds only"
    )
    figures: Annotated[
        list[MetricName], Field(default_factory=list, max_length=60, json_schema_extra={"uniqueItems": True})
    ]
    questions: Annotated[list[Question], Field(default_factory=list, max_length=40)]
    in_force_on: Day | None = Field(default=None, description="today, if absent")
    ended: Flag = False

    @model_validator(mode="after")
    def _each_once(self) -> "ReportFormIn":
        codes = [one.code for one in self.questions]
        if len(set(codes)) < len(codes) or len(set(self.figures)) < len(self.figures):
            raise PydanticCustomError("asked_once", "each figure and each question once")
        if self.school_types is not None and self.level is not InstitutionKind.SCHOOL:
            raise PydanticCustomError("kinds_of_schools", "only schools have kinds")
        return self


class ReportFormOut(Schema):
    """A version of a form, and who has set it."""

    id: int
    institution_id: int
    code: str
    number: int = Field(description="of the version")
    title: str
    level: InstitutionKind
    school_types: list[SchoolType] | None
    figures: list[str]
    questions: list[Question]
    in_force_on: date
    ended: bool
    set_at: datetime


class ReportFileOut(Schema):
    """A document that was filed; its ``id`` answers a question of the kind file."""

    id: int
    name: str
    media_type: str
    size: int = Field(description="bytes")
    sha256: str
    filed_at: datetime


class CollectionOut(Schema):
    """All that is asked of an institution by the forms in force: each figure and each question once."""

    figures: list[str] = Field(description="all declared ones where no form names any")
    questions: list[Question]
    forms: list[ReportFormOut]


class Heading(Schema):
    """The head of a column: a figure (``figure``) or the answers to a question (``question``) of the collection."""

    source: Literal["figure", "question"]
    code: Code
    title: Name


class LayoutIn(Schema):
    """A table of what was collected, in an order and under titles of one's own."""

    title: Name
    headings: Annotated[list[Heading], Field(min_length=1, max_length=60)]


class LayoutOut(LayoutIn):
    """A layout as it is kept."""

    id: int
    institution_id: int
    set_at: datetime


class LayoutRow(Schema):
    """What one child has sent, in the order of the headings; null where it has sent nothing or was not asked."""

    institution_id: int
    name: str
    cells: list[int | str | None]


class LayoutRowsOut(Schema):
    """A layout filled for a day, with the sums of its figures."""

    layout: LayoutOut
    day: date
    items: list[LayoutRow]
    totals: list[int | None]


FIELD_TEXTS.update(
    {
        "choices_of_a_choice": ("choices_of_a_choice", "选择题须有选项, 其他题不得有。", "Choices for a choice only."),
        "asked_once": ("asked_once", "每个指标、每个问题只能出现一次。", "Each figure and each question once."),
        "kinds_of_schools": ("kinds_of_schools", "只有学校分类型。", "Only schools have kinds."),
    }
)

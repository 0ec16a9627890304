"""What is sent in: a reading, many of them, a correction."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    JsonValue,
    StringConstraints,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.checkins import forms
from app.checkins.models import NotMeasured, Site
from app.kernel.schemas import Flag, Id, Moment, Note, Schema
from app.kernel.validation import Unreadable, one_by_one

LOWEST, HIGHEST = 34.0, 43.0
MAX_BATCH = 200


def _possible(value: float) -> float:
    if not LOWEST <= value <= HIGHEST:
        raise PydanticCustomError("impossible_temperature", "impossible temperature")
    if abs(value * 10 - round(value * 10)) > 1e-6:  # noqa: PLR2004 - far below what one decimal is, far above noise
        raise PydanticCustomError("one_decimal", "one decimal at most")
    return round(value, 1)


Temperature = Annotated[
    float,
    Field(strict=True, allow_inf_nan=False, description="°C, one decimal", examples=[36.5]),
    AfterValidator(_possible),
]
FormVersion = Annotated[int, Field(strict=True, ge=1, le=32767, examples=[forms.CURRENT])]
FormAnswers = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=64)], JsonValue],
    Field(
        max_length=40,
        description="By the form of `form_version`; see GET /checkin-forms/current",
        examples=[{"symptoms": ["cough"], "whereabouts": "local", "contact": "none"}],
    ),
]


class Content(Schema):
    """What a reading says. A temperature, or the reason why there is none."""

    temperature: Temperature | None = None
    site: Site | None = None
    not_measured_reason: NotMeasured | None = None
    form_version: FormVersion = forms.CURRENT
    answers: FormAnswers = Field(default_factory=dict)

    @model_validator(mode="after")
    def _measured_or_why_not(self) -> Self:
        if (self.temperature is None) == (self.not_measured_reason is None):
            raise PydanticCustomError("measured_or_why_not", "a temperature or a reason")
        return self

    @property
    def tenths(self) -> int | None:
        """The temperature as it is stored."""
        return None if self.temperature is None else round(self.temperature * 10)


class ReadingIn(Content):
    """One reading of one person. ``id`` is made by the client, once; sending it again is safe."""

    id: UUID
    person_id: Id
    taken_at: Annotated[Moment | None, Field(description="by the phone's clock; now, if absent")] = None
    same_as_last: Annotated[
        Flag, Field(description="repeat the last symptoms, whereabouts and contact; never the temperature")
    ] = False

    @model_validator(mode="after")
    def _answers_or_same(self) -> Self:
        if self.same_as_last and self.answers:
            raise PydanticCustomError("answers_or_same", "answers or same as last")
        return self


SentAt = Annotated[
    Moment | None, Field(description="the phone's clock at the moment of sending: by it a wrong clock is corrected")
]


class CheckInIn(ReadingIn):
    """A single reading."""

    sent_at: SentAt = None


class BatchIn(Schema):
    """Readings that waited for a network, or those of a class. Any order; an item more than once does no harm."""

    sent_at: SentAt = None
    items: Annotated[list[Annotated[ReadingIn, WrapValidator(one_by_one)]], Field(min_length=1, max_length=MAX_BATCH)]

    def read(self) -> list[ReadingIn | Unreadable]:
        """The items, those that are no readings among them."""
        return list(self.items)


class GateReadingIn(Schema):
    """What the gate has measured; it asks nothing."""

    id: UUID
    person_id: Id
    temperature: Temperature
    site: Site | None = None
    taken_at: Moment | None = None

    def reading(self) -> ReadingIn:
        """The same as any other reading."""
        return ReadingIn(
            id=self.id,
            person_id=self.person_id,
            temperature=self.temperature,
            site=self.site,
            taken_at=self.taken_at,
        )


class GateBatchIn(Schema):
    """Readings of one gate."""

    sent_at: SentAt = None
    items: Annotated[
        list[Annotated[GateReadingIn, WrapValidator(one_by_one)]], Field(min_length=1, max_length=MAX_BATCH)
    ]

    def readings(self) -> list[ReadingIn | Unreadable]:
        """The items as readings."""
        items: list[Any] = list(self.items)
        return [one if isinstance(one, Unreadable) else one.reading() for one in items]


class CorrectionIn(Content):
    """What a reading should have said. ``id`` is that of the new reading; day and slot stay."""

    id: UUID
    person_id: Id
    reason: Note

"""What goes in and out: settings, their effective values and where those come from."""

from datetime import datetime
from typing import Any

from pydantic import Field, JsonValue

from app.institutions.models import InstitutionKind
from app.kernel.schemas import Flag, Schema


class PolicyIn(Schema):
    """A value for an institution and all below it. What a setting takes is said by its own default."""

    value: JsonValue = Field(examples=[14])
    locked: Flag = Field(default=False, description="below, it may then only be tightened")


class PolicySourceOut(Schema):
    """The institution that has set or locked a value."""

    institution_id: int
    name: str
    kind: InstitutionKind
    set_at: datetime


class PolicyOut(Schema):
    """A setting as it holds here."""

    key: str
    title: str = Field(description="in the language of the request")
    value: Any = Field(description="what holds: the tightest of what is locked above and what is set")
    source: PolicySourceOut | None = Field(description="who has set what holds; null: the default")
    locked_by: PolicySourceOut | None = Field(description="the level above that has locked it; null: it is free")
    bound: Any = Field(description="the value that is locked above: an own one may not be looser; null: it is free")
    tighter: str = Field(description="what tighter means for this setting")
    default: Any
    shape: dict[str, Any] = Field(description="what a value looks like, as JSON Schema")
    own_value: Any = Field(description="what this institution has set itself; null: nothing")
    locked: bool = Field(description="whether this institution has locked it for those below")
    set_at: datetime | None
    version: int = Field(description="of the own value, for If-Match; 0: nothing is set here")

"""What a wrong place in the input is called, for the whole body and for single items of a list alike."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError, ValidatorFunctionWrapHandler

from app.kernel.errors import FieldError
from app.kernel.language import pick

# Pydantic's types of errors -> our code, sentence in zh-CN and en. The rest falls under "invalid".
FIELD_TEXTS: dict[str, tuple[str, str, str]] = {
    "missing": ("required", "必填。", "It is required."),
    "extra_forbidden": ("unknown_field", "不认识的字段。", "This field is not known."),
    "string_too_short": ("too_short", "内容过短。", "It is too short."),
    "string_too_long": ("too_long", "内容过长。", "It is too long."),
    "too_short": ("too_few", "数量过少。", "There are too few."),
    "too_long": ("too_many", "数量过多。", "There are too many."),
    "string_pattern_mismatch": ("wrong_format", "格式不正确。", "It does not have the right format."),
    "not_written_out": ("wrong_format", "格式不正确。", "It does not have the right format."),
    "uuid_parsing": ("not_uuid", "应为 UUID。", "A UUID is wanted."),
    "uuid_type": ("not_uuid", "应为 UUID。", "A UUID is wanted."),
    "date_from_datetime_parsing": ("not_a_day", "应为日期, 如 2026-11-23。", "A day is wanted, as 2026-11-23."),
    "date_parsing": ("not_a_day", "应为日期, 如 2026-11-23。", "A day is wanted, as 2026-11-23."),
    "datetime_from_date_parsing": (
        "not_a_moment",
        "应为带时区的时间, 如 2026-11-23T07:00:00+08:00。",
        "A time with offset is wanted, as 2026-11-23T07:00:00+08:00.",
    ),
    "datetime_parsing": (
        "not_a_moment",
        "应为带时区的时间, 如 2026-11-23T07:00:00+08:00。",
        "A time with offset is wanted, as 2026-11-23T07:00:00+08:00.",
    ),
    "list_type": ("not_list", "应为列表。", "A list is wanted."),
    "dict_type": ("not_object", "应为对象。", "An object is wanted."),
    "model_type": ("not_object", "应为对象。", "An object is wanted."),
    "model_attributes_type": ("not_object", "应为对象。", "An object is wanted."),
    "bool_parsing": ("not_boolean", "应为 true 或 false。", "true or false is wanted."),
    "string_type": ("not_text", "应为文字。", "A text is wanted."),
    "int_type": ("not_integer", "应为整数。", "An integer is wanted."),
    "int_parsing": ("not_integer", "应为整数。", "An integer is wanted."),
    "int_from_float": ("not_integer", "应为整数。", "An integer is wanted."),
    "float_type": ("not_number", "应为数字。", "A number is wanted."),
    "float_parsing": ("not_number", "应为数字。", "A number is wanted."),
    "decimal_type": ("not_number", "应为数字。", "A number is wanted."),
    "bool_type": ("not_boolean", "应为 true 或 false。", "true or false is wanted."),
    "enum": ("not_a_choice", "不在可选范围内。", "It is not one of the choices."),
    "literal_error": ("not_a_choice", "不在可选范围内。", "It is not one of the choices."),
    "greater_than_equal": ("too_small", "数值过小。", "It is too small."),
    "greater_than": ("too_small", "数值过小。", "It is too small."),
    "less_than_equal": ("too_large", "数值过大。", "It is too large."),
    "less_than": ("too_large", "数值过大。", "It is too large."),
    "timezone_aware": ("offset_missing", "时间须带时区。", "The time needs an offset."),
    "control_characters": ("control_characters", "不得含有控制字符。", "Control characters are not allowed."),
}


def field_errors(found: Sequence[Any], within: Sequence[str | int] = ()) -> list[FieldError]:
    """Pydantic's errors with pointers and our texts; the input itself is left out, it may be personal.

    ``within`` is the place of what was validated, where that is a part of a body.
    """
    result = []
    for error in found[:100]:
        code, zh, en = FIELD_TEXTS.get(error["type"], ("invalid", "内容不符合要求。", "It is not valid."))
        place = [str(part).replace("~", "~0").replace("/", "~1") for part in (*within, *error["loc"])]
        # RFC 6901: the whole body is the empty pointer; "/" would be a member without a name.
        pointer = "".join(f"/{part}" for part in (place[1:] if place[:1] == ["body"] else place))
        result.append(FieldError(pointer, code, pick(zh, en)))
    return result


class Unreadable(Exception):  # noqa: N818 - takes the place of an item, is not raised
    """An item of a batch that is none: where it is wrong, and its id if it had one."""

    def __init__(self, id_: UUID | None, errors: list[FieldError]) -> None:
        super().__init__("unreadable")
        self.id = id_
        self.errors = errors


def one_by_one(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Validate an item so that one which cannot be read does not take the others of its batch with it."""
    try:
        return handler(value)
    except ValidationError as error:
        return Unreadable(_id_of(value), field_errors(error.errors(include_url=False, include_input=False)))


def _id_of(value: Any) -> UUID | None:
    try:
        return UUID(value["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None

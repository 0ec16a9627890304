"""The caller's language: zh-CN unless ``Accept-Language`` prefers English."""

from contextvars import ContextVar
from enum import StrEnum


class Language(StrEnum):
    """What users can be answered in."""

    ZH = "zh-CN"
    EN = "en"


_current: ContextVar[Language] = ContextVar("language", default=Language.ZH)


def current() -> Language:
    """The language of the request at hand."""
    return _current.get()


def use(language: Language) -> None:
    """Answer in ``language`` for the rest of this context."""
    _current.set(language)


def pick(zh: str, en: str) -> str:
    """The text in the current language."""
    return en if current() is Language.EN else zh


def negotiate(header: str | None) -> Language:
    """The best of ours for an ``Accept-Language`` value (RFC 9110, 12.5.4); unreadable values count as none."""
    best, best_weight = Language.ZH, 0.0
    for part in (header or "")[:200].split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        primary = tag.strip().lower().split("-")[0]
        language = {"en": Language.EN, "zh": Language.ZH}.get(primary)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0

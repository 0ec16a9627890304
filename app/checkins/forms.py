"""The form that is filled in, by version: what it asks, in both languages, and how answers to it are read.

A phone may be older than the current form, or newer than this service. Answers to the current form are checked in full,
since its author can still mend them; of answers to any other version what is understood is kept typed and the rest
as it came, marked ``unread``: a reading is never refused for the version of its client. A new version is a line in
`FORMS`; rows keep the version that was filled in.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.checkins.models import NotMeasured, Site
from app.kernel.errors import FieldError
from app.kernel.language import pick
from app.kernel.validation import FIELD_TEXTS

MAX_CHOSEN = 20
MAX_KEPT_BYTES = 2000
MAX_KEPT_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a question."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: one or ``many`` of the options or, without options, six-digit division codes."""

    name: str
    zh: str
    en: str
    options: tuple[Option, ...] = ()
    many: bool = False

    def read(self, value: Any) -> Any:
        """The answer, typed; raises ValueError with a code of `FIELD_TEXTS`."""
        if not self.many:
            return self._one(value)
        if not isinstance(value, list):
            raise ValueError("list_wanted")  # noqa: TRY004 - one kind of error for all wrong answers
        if len(value) > MAX_CHOSEN:
            raise ValueError("too_long")
        return sorted({self._one(one) for one in value})

    def _one(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("string_type")  # noqa: TRY004 - one kind of error for all wrong answers
        known = value in {option.code for option in self.options} if self.options else _is_division(value)
        if not known:
            raise ValueError("enum" if self.options else "string_pattern_mismatch")
        return value


# WS/T 772-2020. The order is that of the bits of `CheckIn.symptoms` and never changes; new ones go to the end.
SYMPTOMS = (
    Option("fever", "发热", "fever"),
    Option("cough", "咳嗽", "cough"),
    Option("headache", "头痛", "headache"),
    Option("sore_throat", "咽痛", "sore throat"),
    Option("swollen_parotid", "腮腺肿大", "swollen parotid"),
    Option("abdominal_pain", "腹痛", "abdominal pain"),
    Option("diarrhoea", "腹泻", "diarrhoea"),
    Option("vomiting", "呕吐", "vomiting"),
    Option("rash", "皮疹", "rash"),
    Option("dizziness", "头晕", "dizziness"),
    Option("fatigue", "乏力", "fatigue"),
    Option("red_eyes", "红眼", "red eyes"),
)
_BITS = {option.code: 1 << position for position, option in enumerate(SYMPTOMS)}
FEVER_BIT = _BITS["fever"]

_ASK_SYMPTOMS = Question("symptoms", "今日症状", "symptoms today", SYMPTOMS, many=True)
_ASK_WHEREABOUTS = Question(
    "whereabouts",
    "目前所在地",
    "whereabouts",
    (
        Option("home", "居家", "at home"),
        Option("local", "本市", "in this city"),
        Option("province", "省内其他市", "elsewhere in the province"),
        Option("elsewhere", "省外", "in another province"),
        Option("abroad", "境外", "abroad"),
    ),
)
_ASK_CONTACT = Question(
    "contact",
    "接触情况",
    "contact",
    (
        Option("none", "无", "none"),
        Option("ill", "接触过发热或有症状者", "with someone who has a fever or symptoms"),
        Option("key_area", "接触过重点地区人员", "with someone from a key area"),
        Option("case", "接触过疑似或确诊病例", "with a suspected or confirmed case"),
    ),
)
_ASK_PLACES = Question("places", "到过的地区", "areas visited", many=True)

# What is repeated by `same_as_last`: everything but the temperature.
FORMS: Mapping[int, tuple[Question, ...]] = {
    1: (_ASK_SYMPTOMS, _ASK_WHEREABOUTS, _ASK_CONTACT),
    2: (_ASK_SYMPTOMS, _ASK_WHEREABOUTS, _ASK_PLACES, _ASK_CONTACT),
}
CURRENT = max(FORMS)

SITES: Mapping[Site, tuple[str, str]] = {
    Site.ARMPIT: ("腋下", "armpit"),
    Site.FOREHEAD: ("额温", "forehead"),
    Site.EAR: ("耳温", "ear"),
    Site.MOUTH: ("口腔", "mouth"),
}
REASONS: Mapping[NotMeasured, tuple[str, str]] = {
    NotMeasured.NO_THERMOMETER: ("家中没有体温计", "no thermometer at home"),
    NotMeasured.BROKEN: ("体温计损坏", "the thermometer is broken"),
    NotMeasured.AWAY: ("不在身边", "not with us at the moment"),
    NotMeasured.REFUSED: ("不愿测量", "would not be measured"),
    NotMeasured.OTHER: ("其他", "another reason"),
}

FIELD_TEXTS["list_wanted"] = ("not_list", "应为列表。", "A list is wanted.")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers as they are kept. ``unread`` holds what this service did not understand."""

    symptoms: int = 0
    whereabouts: str | None = None
    places: tuple[str, ...] = ()
    contact: str | None = None
    unread: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """What goes into the ``answers`` column; the symptoms have a column of their own."""
        kept: dict[str, object] = {
            "whereabouts": self.whereabouts,
            "places": list(self.places),
            "contact": self.contact,
            "unread": dict(self.unread),
        }
        return {name: value for name, value in kept.items() if value}

    @classmethod
    def of(cls, symptoms: int, document: Mapping[str, Any]) -> "Answers":
        """Back from the columns of a row."""
        return cls(
            symptoms,
            document.get("whereabouts"),
            tuple(document.get("places", ())),
            document.get("contact"),
            document.get("unread", {}),
        )


def read(version: int, given: Mapping[str, Any]) -> tuple[Answers, list[FieldError]]:
    """The answers to form ``version``, and what is wrong with them: nothing, unless it is the current form."""
    understood: dict[str, Any] = {}
    unread: dict[str, Any] = {}
    wrong: list[FieldError] = []
    questions = {question.name: question for question in FORMS.get(version, FORMS[CURRENT])}
    for name, value in given.items():
        try:
            understood[name] = _read(questions.get(name), value)
        except ValueError as error:
            wrong.append(_field_error(name, str(error)))
            unread[name] = value
    if version == CURRENT:
        unread = {}
    else:
        wrong = []
    answers = Answers(
        mask(understood.get("symptoms", ())) | _understood_symptoms(unread.get("symptoms")),
        understood.get("whereabouts"),
        tuple(understood.get("places", ())),
        understood.get("contact"),
        _bounded(unread),
    )
    return answers, wrong


def _read(question: Question | None, value: Any) -> Any:
    if question is None:
        raise ValueError("extra_forbidden")
    return question.read(value)


def mask(chosen: Collection[str]) -> int:
    """The bits of some symptoms."""
    return _mask(tuple(chosen))


@lru_cache(maxsize=256)
def _mask(chosen: tuple[str, ...]) -> int:
    return sum(_BITS[code] for code in set(chosen))


def codes(symptoms: int) -> list[str]:
    """The symptoms of some bits, in the order of the standard."""
    return [option.code for option in SYMPTOMS if symptoms & _BITS[option.code]]


def _understood_symptoms(value: Any) -> int:
    # A list that names one unknown symptom beside a cough still says that there is a cough.
    if not isinstance(value, list):
        return 0
    return mask(tuple(one for one in value[:MAX_CHOSEN] if isinstance(one, str) and one in _BITS))


def _bounded(unread: dict[str, Any]) -> dict[str, Any]:
    if not unread:
        return {}
    size = len(json.dumps(unread, ensure_ascii=False).encode())
    # What nobody can read may not become a place to store things; that it was there is still said.
    return unread if size <= MAX_KEPT_BYTES and _depth(unread) <= MAX_KEPT_DEPTH else {"dropped_bytes": size}


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, dict | list) else 0


def _is_division(value: str) -> bool:
    return len(value) == 6 and value.isascii() and value.isdecimal()  # noqa: PLR2004 - GB/T 2260


def _field_error(name: str, kind: str) -> FieldError:
    code, zh, en = FIELD_TEXTS[kind]
    return FieldError("/" + name.replace("~", "~0").replace("/", "~1"), code, pick(zh, en))

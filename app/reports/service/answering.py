"""Answers to questions: what fits, what is still open, and how those of many add up on their way up the tree."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from app.kernel.errors import FieldError, Invalid
from app.kernel.language import pick
from app.reports.models import QuestionKind, ReportRevision
from app.reports.schemas.forms import Question
from app.reports.schemas.reports import LARGEST, AnswerIn

Answers = Mapping[str, Any]


def checked(asked: Sequence[Question], given: Sequence[AnswerIn], filed: Container[int]) -> dict[str, object]:
    """Answers by question; raises `Invalid` for those that answer nothing, do not fit, or name a file not ``filed``."""
    questions = {one.code: one for one in asked}
    wrong = []
    for place, one in enumerate(given):
        question = questions.get(one.question)
        if question is None:
            detail = pick("没有这个问题。", "There is no such question.")
            wrong.append(FieldError(f"/answers/{place}/question", "unknown_question", detail))
        elif not _fits(question, one.answer) or (question.kind is QuestionKind.FILE and one.answer not in filed):
            detail = pick("答案与问题类型不符。", "The answer does not fit the question.")
            wrong.append(FieldError(f"/answers/{place}/answer", "answer_does_not_fit", detail))
    if wrong:
        raise Invalid(errors=wrong)
    return {one.question: one.answer for one in given}


def unanswered(asked: Sequence[Question], given: Answers) -> list[str]:
    """Questions that must be answered and are not, or no longer fit what is asked."""
    return [
        one.code
        for one in asked
        if (one.code in given and not _fits(one, given[one.code])) or (one.required and one.code not in given)
    ]


def file_ids(asked: Sequence[Question], given: Answers) -> list[int]:
    """The documents that are answers."""
    return [given[one.code] for one in asked if one.kind is QuestionKind.FILE and isinstance(given.get(one.code), int)]


def sums(asked: Sequence[Question], given: Answers, received: Iterable[ReportRevision]) -> dict[str, int]:
    """Number questions: the own answer and what was received."""
    own = {one.code: given[one.code] for one in asked if one.kind is QuestionKind.NUMBER and one.code in given}
    total = Counter(own)
    for one in received:
        total.update(_told(one, "answer_sums"))
    return dict(total)


def counts(asked: Sequence[Question], given: Answers, received: Iterable[ReportRevision]) -> dict[str, dict[str, int]]:
    """Choices: how many have chosen which, the institution itself and those whose reports were received."""
    total: dict[str, Counter[str]] = {}
    for one in asked:
        if one.kind is QuestionKind.CHOICE and one.code in given:
            total[one.code] = Counter([given[one.code]])
    for revision in received:
        for code, chosen in _told(revision, "answer_counts").items():
            total.setdefault(code, Counter()).update(chosen)
    return {code: dict(chosen) for code, chosen in total.items()}


def shown(revision: ReportRevision, code: str) -> int | str | None:
    """What a revision says to a question: a sum, the own answer, or how many have chosen what."""
    number: int | None = _told(revision, "answer_sums").get(code)
    if number is not None:
        return number
    chosen = _told(revision, "answer_counts").get(code, {})
    if sum(chosen.values()) > 1:
        return "; ".join(f"{choice} {count}" for choice, count in sorted(chosen.items()))
    own: int | str | None = _told(revision, "answers").get(code)
    return own if own is not None or not chosen else next(iter(chosen))


def _told(revision: ReportRevision, name: str) -> Mapping[str, Any]:
    content: Any = revision.seal.content
    # What was sent before answers were summed says nothing of them.
    found: Mapping[str, Any] = content.get(name, {})
    return found


def _fits(question: Question, answer: object) -> bool:
    if question.kind in {QuestionKind.NUMBER, QuestionKind.FILE}:
        return isinstance(answer, int) and (question.kind is QuestionKind.FILE or answer <= LARGEST)
    return isinstance(answer, str) and (question.kind is not QuestionKind.CHOICE or answer in question.choices)

"""Problems speak the caller's language and never more than they should."""

import string

import pytest

from app.kernel import language
from app.kernel.errors import CONSTRAINTS, Conflict, ConstraintMap, NotFound, Problem, TooManyRequests
from app.kernel.language import Language


@pytest.fixture(autouse=True)
def _speak_chinese() -> None:
    language.use(Language.ZH)


def test_a_sentence_follows_the_language() -> None:
    problem = TooManyRequests(seconds=30)
    chinese = problem.document()
    language.use(Language.EN)
    english = problem.document()

    assert chinese["code"] == english["code"] == "too_many_requests"
    assert chinese["detail"] == "操作过于频繁, 请在 30 秒后再试。"
    assert english["detail"] == "Too many tries; wait 30 seconds."
    assert problem.headers == {"Retry-After": "30"}


def test_two_problems_cannot_share_a_code() -> None:
    with pytest.raises(TypeError, match="not_found"):
        type("Another", (Problem,), {"code": "not_found"})


@pytest.mark.parametrize("kind", Problem.registry.values(), ids=list(Problem.registry))
def test_both_sentences_have_the_same_places(kind: type[Problem]) -> None:
    def places(sentence: str) -> set[str | None]:
        return {place for _, place, _, _ in string.Formatter().parse(sentence) if place}

    assert kind.zh
    assert kind.en
    assert places(kind.zh) == places(kind.en)


def test_a_constraint_means_its_problem_also_on_a_shard() -> None:
    constraints = ConstraintMap()
    constraints.register("uq_thing_name", NotFound)

    assert isinstance(constraints.problem_for("uq_thing_name"), NotFound)
    assert isinstance(constraints.problem_for("uq_thing_name_102008"), NotFound)
    assert isinstance(constraints.problem_for("uq_other"), Conflict)
    assert isinstance(CONSTRAINTS.problem_for(None), Conflict)

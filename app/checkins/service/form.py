"""The form of today, in the language of the caller."""

from app.checkins import forms
from app.checkins.schemas.answers import FormOut, OptionOut, QuestionOut
from app.checkins.schemas.readings import HIGHEST, LOWEST
from app.kernel.language import pick


def current_form() -> FormOut:
    """What is to be asked."""
    return FormOut(
        version=forms.CURRENT,
        versions_read=sorted(forms.FORMS),
        lowest=LOWEST,
        highest=HIGHEST,
        questions=[
            QuestionOut(
                name=question.name,
                label=pick(question.zh, question.en),
                many=question.many,
                options=[OptionOut(code=one.code, label=pick(one.zh, one.en)) for one in question.options],
            )
            for question in forms.FORMS[forms.CURRENT]
        ],
        sites=[OptionOut(code=code, label=pick(*texts)) for code, texts in forms.SITES.items()],
        not_measured_reasons=[OptionOut(code=code, label=pick(*texts)) for code, texts in forms.REASONS.items()],
    )

"""Every text that is sent: both languages say the same, in what the channels take."""

import re
from collections.abc import Mapping

import pytest

from app.kernel.language import Language
from app.notifications.templates import WORDINGS, WORDS, Channel, Template, Wording, write

# What WeChat takes for a ``thing``, in characters, and what fits into one text message beside the signature.
THING, ONE_TEXT = 20, 67
# As long as values come.
LONGEST: Mapping[str, str] = {
    "place": "高三年级(12)班",
    "unit": "三年级12班",
    "slot": "morning",
    "decision": "returned",
    "failure": "concealed",
    "verdict": "uphold",
    "deadline": "08:00",
    "day": "2026-11-24",
    "count": "999",
    "number": "366",
    "missing": "99",
    "due": "99",
    "units": "99",
    "schools": "99",
    "code": "042815",
    "minutes": "10",
    "file": "晨检缺报名单.xlsx",
}


def places(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def faults(wording: Wording) -> list[str]:
    """What is wrong with a template."""
    found = [] if places(wording.zh) == places(wording.en) else ["the languages have different places"]
    if re.search(r"[\u4e00-\u9fff]", wording.en + wording.title_en):
        found.append("Chinese in the English text")
    if not re.search(r"[\u4e00-\u9fff]", wording.zh) or not re.search(r"[\u4e00-\u9fff]", wording.title_zh):
        found.append("no Chinese in the Chinese text")
    if len(wording.title_zh) > THING:
        found.append("a title too long for WeChat")
    return found


@pytest.mark.parametrize("template", Template)
def test_both_languages_say_the_same(template: Template) -> None:
    assert faults(WORDINGS[template]) == []


def test_a_template_that_says_different_things_is_caught() -> None:
    wrong = Wording("发热提醒" * 6, "Fever 热", "{place}", "Fever in {unit}")
    assert len(faults(wrong)) == 4


@pytest.mark.parametrize("template", Template)
def test_it_fits_the_channels_it_leaves_by(template: Template) -> None:
    wording = WORDINGS[template]
    values = {name: LONGEST[name] for name in wording.places}
    written = write(template, values, Language.ZH)
    most = {Channel.WECHAT: 2 * THING, Channel.TEXT: ONE_TEXT}
    assert len(written.text) <= min((most[one] for one in wording.channels if one in most), default=200)
    assert "{" not in written.text + write(template, values, Language.EN).text


def test_words_of_the_program_are_said_in_the_language() -> None:
    values = {"slot": "morning", "deadline": "08:00"}
    assert write(Template.CHECKIN_OWED, values, Language.ZH).text == "晨检尚未打卡, 请于 08:00 前完成。"
    assert "morning check-in" in write(Template.CHECKIN_OWED, values, Language.EN).text
    assert all(re.search(r"[\u4e00-\u9fff]", zh) for words in WORDS.values() for zh, _ in words.values())

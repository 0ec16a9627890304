"""What a guard can tell somebody: why, by whose order, and what can be done."""

import re
from pathlib import Path

from app.gates.service import deciding, reasons
from tests.closures.steps import admin, ordered
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.gates.steps import stand_at


def test_a_refusal_names_the_order_and_who_can_lift_it(tree: Tree) -> None:
    gate, student = stand_at(tree), add_student(tree, tree.classes[0])
    ordered(tree, admin(tree, "county"), tree.county, degree="closed", number="玄疫防〔2020〕7号", exceptions=False)
    event = gate.event(person_id=student, temperature=38.1)
    (away,) = gate.send(event)
    assert [one["code"] for one in away["reasons"]] == away["findings"]
    assert away["findings"] == ["no_pass", "closed_without_exception", "fever"]
    assert away["reasons"][1]["detail"] == "按 玄疫防〔2020〕7号 封闭, 任何人不得进入"
    assert away["reasons"][1]["lifted_by"] == "玄武区教育局可调整或解除该封闭管理令"
    gate.guard.headers["Accept-Language"] = "en"
    (again,) = gate.send(event)
    assert again["reasons"][0]["detail"] == "Closed by —: a pass is wanted."


def test_every_finding_of_the_gate_has_words_in_both_languages() -> None:
    found = re.findall(r'(?:append\(|\[)"([a-z_]+)"', Path(deciding.__file__).read_text())
    assert set(found) == set(reasons.TEXTS)
    for words in reasons.TEXTS.values():
        assert [bool(re.search(r"[\u4e00-\u9fff]", part)) for part in words] == [True, False, True, False]
        assert set(re.findall(r"{(\w+)}", words.zh)) == set(re.findall(r"{(\w+)}", words.en))

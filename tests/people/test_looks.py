"""Numbers in plain, search by them, and what guardians see of it; and that none of it is logged."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from starlette.testclient import TestClient

from app.access.roles import Role
from app.audit import service as audit
from tests.factories.people import add_guardian, add_household_member, add_student, valid_identity_number
from tests.factories.tree import Tree, phone
from tests.people.steps import acts, office


def test_numbers_are_disclosed_for_a_reason_and_the_guardian_sees_it(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    identity, own_phone = valid_identity_number(), phone()
    child = head.enrol(identity_number=identity, phone=own_phone)["id"]
    path = f"/persons/{child}/disclosures"
    both = {"fields": ["identity_number", "phone"], "reason": "核对学籍"}
    plain = head.post(path, both)
    assert plain == {"identity_number": identity, "phone": f"+86{own_phone}"} or plain["phone"] == own_phone
    assert head.post(path, {"fields": ["phone"], "reason": "联系"})["identity_number"] is None
    for wrong in ({"fields": ["phone"]}, {"fields": [], "reason": "x"}, {"fields": ["name"], "reason": "x"}):
        head.post(path, wrong, 422)

    parent = office(client, tree, Role.GUARDIAN, person_id=child)
    looks = parent.get(f"/persons/{child}/looks")["items"]
    seen = [one for one in looks if one["act"] == "people.unmask"]
    assert [(one["roles"], one["reason"], one["fields"]) for one in seen] == [
        (["principal"], "联系", ["phone"]),
        (["principal"], "核对学籍", ["identity_number", "phone"]),
    ], "newest first"
    paged = [parent.get(f"/persons/{child}/looks", limit=1)]
    while paged[-1]["next"]:
        paged.append(parent.get(f"/persons/{child}/looks", limit=1, cursor=paged[-1]["next"]))
    assert [one for page in paged for one in page["items"]] == looks
    assert {one["institution_name"] for one in seen} == {"玄武第一小学"}
    assert not {"account_id", "name", "display_name"} & set(seen[0])
    assert "测试账号" not in str(looks)


def test_who_may_not_unmask_does_not(client: TestClient, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0])
    body = {"fields": ["phone"], "reason": "联系"}
    for role, held, status in (
        (Role.SCHOOL_REPORTER, {}, 403),
        (Role.GUARDIAN, {"person_id": child}, 403),
        (Role.HOMEROOM_TEACHER, {"unit_id": tree.classes[1]}, 404),
        (Role.HOMEROOM_TEACHER, {"unit_id": tree.classes[0]}, 200),
        (Role.SCHOOL_DOCTOR, {}, 200),
    ):
        office(client, tree, role, **held).post(f"/persons/{child}/disclosures", body, status)
    assert acts(owner, tree.school).count("people.unmask") == 2
    stranger = office(client, tree, Role.GUARDIAN, person_id=add_student(tree, tree.classes[0]))
    assert stranger.get(f"/persons/{child}/looks", 404) == stranger.get(f"/persons/{2**60}/looks", 404)


def test_persons_are_found_by_whole_numbers_only_and_each_search_is_recorded(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    head = office(client, tree)
    identity, own_phone, listed_phone = valid_identity_number(), phone(), phone()
    guardians = [{"name": "家长甲", "relation": "母亲", "phone": listed_phone}]
    child = head.enrol(identity_number=identity, phone=own_phone, guardians=guardians)["id"]
    elsewhere = add_student(tree, None, school=tree.add_school(), identity_number=identity)
    path = f"/institutions/{tree.school}/person-searches"

    def found(**body: str) -> list[int]:
        return [one["id"] for one in head.post(path, body)["items"]]

    assert found(identity_number=identity) == [child]
    assert found(phone=own_phone) == [child]
    assert found(phone=f"+86 {listed_phone}") == [child]
    assert found(phone=phone()) == []
    assert elsewhere not in found(identity_number=identity)
    for wrong in ({}, {"phone": own_phone, "identity_number": identity}, {"identity_number": identity[:17]}):
        head.post(path, wrong, 422)
    assert acts(owner, tree.school).count("people.search") == 5
    parent = office(client, tree, Role.GUARDIAN, person_id=child)
    looks = [one for one in parent.get(f"/persons/{child}/looks")["items"] if one["act"] == "people.search"]
    assert [one["fields"] for one in looks] == [["identity_number"], ["phone"], ["phone"], ["identity_number"]]
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    teacher.post(path, {"phone": own_phone}, 403)
    head.post(f"/institutions/{tree.county}/person-searches", {"phone": own_phone}, 403)


def test_persons_are_found_by_a_part_of_their_name_among_their_own_school(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    head = office(client, tree)
    child = head.enrol("欧阳一诺")["id"]
    head.enrol("王小明")
    add_student(tree, None, school=tree.add_school(), name="欧阳一诺")
    path = f"/institutions/{tree.school}/person-searches"
    assert [one["id"] for one in head.post(path, {"name": " 阳一 "})["items"]] == [child]
    assert head.post(path, {"name": "%"})["items"] == []
    head.post(path, {"name": "阳一", "phone": phone()}, 422)
    assert acts(owner, tree.school).count("people.search") == 2
    parent = office(client, tree, Role.GUARDIAN, person_id=child)
    assert [one["act"] for one in parent.get(f"/persons/{child}/looks")["items"]] == ["people.enrol"]
    with owner.connect() as connection:
        assert "阳一" not in str(connection.execute(text("SELECT * FROM audit_entry")).mappings().all())


def test_numbers_are_encrypted_where_they_lie(client: TestClient, tree: Tree, owner: Engine) -> None:
    identity, own_phone = valid_identity_number(), phone()
    child = office(client, tree).enrol(number=f"G{identity}", phone=own_phone)["id"]
    with owner.connect() as connection:
        row = str(connection.execute(text("SELECT * FROM person WHERE id = :id"), {"id": child}).mappings().one())
        trail = str(connection.execute(text("SELECT * FROM audit_entry")).mappings().all())
        outbox = str(connection.execute(text("SELECT * FROM outbox")).mappings().all())
    for text_ in (row, trail, outbox):
        assert identity not in text_
        assert own_phone not in text_
    assert "学生甲" not in trail + outbox


def test_nothing_personal_is_logged(
    client: TestClient, tree: Tree, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    head = office(client, tree)
    identity, own_phone, name, family_phone = valid_identity_number(), phone(), "欧阳测试", phone()
    guardians = [{"name": "司马家长", "relation": "母亲", "phone": family_phone}]
    values = {"identity_number": identity, "phone": own_phone, "guardians": guardians}
    child = head.enrol(name, **values)["id"]
    path = f"/institutions/{tree.school}/persons"
    head.post(path, {"kind": "student", "name": name, **values}, 409)
    head.post(path, {"kind": "student", "name": name, "identity_number": identity[:17] + "Y"}, 422)
    head.post(f"/institutions/{tree.school}/person-searches", {"phone": own_phone})
    head.post(f"/persons/{child}/disclosures", {"fields": ["phone"], "reason": "联系"})
    head.imports(f"姓名,身份证号,监护人1电话\n{name},{identity[:17]},{family_phone}\n".encode(), filename="r.csv")
    captured = capfd.readouterr()
    written = captured.out + captured.err + caplog.text
    for value in (identity, identity[:17], own_phone, family_phone, name, "司马家长"):
        assert value not in written


def test_a_look_at_the_household_is_shown_with_the_childs(client: TestClient, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0])
    member = add_household_member(tree, child)
    office(client, tree).post(f"/persons/{member}/disclosures", {"fields": ["phone"], "reason": "流调"})
    guardian = add_guardian(tree, child)
    looks = client.get(f"/api/v1/persons/{child}/looks", headers=guardian.headers).json()["items"]
    assert "流调" in [one["reason"] for one in looks]


def test_looks_over_lists_are_shown_to_the_guardians_of_each_who_was_named(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    named = [add_student(tree, tree.classes[0]) for _ in range(2)]
    elsewhere = add_student(tree, tree.classes[1])
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    doctor = office(client, tree, Role.SCHOOL_DOCTOR)
    teacher.get(f"/units/{tree.classes[0]}/missing")
    teacher.get(f"/institutions/{tree.school}/figures/missing/persons", unit_id=tree.classes[0])
    doctor.get(f"/institutions/{tree.school}/missing")
    doctor.get(f"/institutions/{tree.school}/missing", persons=True)

    def looks(child: int) -> list[tuple[str, list[str]]]:
        guardian = add_guardian(tree, child)
        found = client.get(f"/api/v1/persons/{child}/looks", headers=guardian.headers).json()["items"]
        return [(one["act"], one["roles"]) for one in found if one["act"] != "people.enrol"]

    wanted = [
        ("missing.read", ["school_doctor"]),
        ("figures.open", ["homeroom_teacher"]),
        ("missing.read", ["homeroom_teacher"]),
    ]
    assert [looks(child) for child in named] == [wanted, wanted], "newest first"
    assert looks(elsewhere) == wanted[:1]
    assert acts(owner, tree.school).count("missing.read") == 2, "counts alone are no look; one entry a page"


def test_a_class_of_which_nobody_is_missing_leaves_no_trace(client: TestClient, tree: Tree, owner: Engine) -> None:
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    assert teacher.get(f"/units/{tree.classes[0]}/missing")["items"] == []
    assert "missing.read" not in acts(owner, tree.school)


def test_whom_an_entry_names_can_be_neither_changed_nor_forgotten(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    child = add_student(tree, tree.classes[0])
    office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0]).get(f"/units/{tree.classes[0]}/missing")
    for statement in ("UPDATE audit_entry_person SET person_id = 1", "DELETE FROM audit_entry_person"):
        with pytest.raises(ProgrammingError, match="append-only"), owner.begin() as connection:
            connection.execute(text(f"{statement} WHERE person_id = :id"), {"id": child})
    with owner.connect() as connection:
        # Other chains of this database are tampered with by tests of their own.
        broken = [one for one in audit.verify(connection).breaks if one.institution_id == tree.school]
    assert broken == []

"""Invented people: the same for the same seed, nobody real."""

import random
from dataclasses import dataclass

from stdnum.cn import ric

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "子轩浩宇梓涵雨桐欣怡思远嘉禾晨曦若彤一诺俊杰诗琪明哲书瑶可心奕辰安然沐阳语嫣景行知夏"
PLACES = ("城东", "城西", "城南", "城北", "新区", "滨河", "文昌", "育才", "朝阳", "青云", "梅园", "竹山")
KINDS = (("primary", "小学", "21", 6), ("kindergarten", "幼儿园", "11", 3), ("junior", "初级中学", "31", 3))


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """A school to be: ``grades`` is how many it has; ``code`` ten digits."""

    name: str
    school_type: str
    code: str
    grades: int


def person_name(chance: random.Random) -> str:
    """A surname with one or two characters."""
    given = "".join(chance.sample(GIVEN, chance.choice((1, 2, 2))))
    return chance.choice(SURNAMES) + given


def identity_number(serial: int) -> str:
    """Eighteen characters with a right check digit and region 99, which no place has."""
    front = f"99{serial // 1000 % 10**4:04d}20150101{serial % 1000:03d}"
    return front + ric.calc_check_digit(front + "0")


def phone(serial: int) -> str:
    """A mobile number of the demo's own run of numbers."""
    return f"1990{serial % 10**7:07d}"


def school_plan(place: str, serial: int) -> SchoolPlan:
    """The ``serial``-th school, in a place whose name begins its own."""
    kind, suffix, prefix, grades = KINDS[serial % len(KINDS)]
    name = f"{place}{PLACES[serial // len(KINDS) % len(PLACES)]}{suffix}"
    return SchoolPlan(name, kind, f"{prefix}32{serial % 10**6:06d}", grades)

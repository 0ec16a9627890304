"""The divisions of Jiangsu: complete, consistent, and right on the days on which they changed."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from app.institutions.divisions import Division, DivisionLevel, find, load, valid_on

TODAY = date(2026, 9, 1)
COUNTIES = {
    "南京市": 11,
    "无锡市": 7,
    "徐州市": 10,
    "常州市": 6,
    "苏州市": 9,
    "南通市": 7,
    "连云港市": 6,
    "淮安市": 7,
    "盐城市": 9,
    "扬州市": 6,
    "镇江市": 6,
    "泰州市": 6,
    "宿迁市": 5,
}
SUFFIXES = {"省": "Province", "市": "City", "区": "District", "县": "County"}


def of_level(divisions: tuple[Division, ...], level: DivisionLevel) -> list[Division]:
    return [division for division in divisions if division.level is level]


def test_jiangsu_is_complete_today() -> None:
    today = valid_on(TODAY)
    assert [division.code for division in of_level(today, DivisionLevel.PROVINCE)] == ["320000"]
    assert len(of_level(today, DivisionLevel.CITY)) == 13
    assert len(of_level(today, DivisionLevel.COUNTY)) == 95


def test_every_city_has_its_counties() -> None:
    today = valid_on(TODAY)
    names = {division.code: division.name for division in of_level(today, DivisionLevel.CITY)}
    counted = Counter(names[division.parent_code or ""] for division in of_level(today, DivisionLevel.COUNTY))
    assert counted == COUNTIES


def test_districts_cities_and_counties_are_as_many_as_the_province_says() -> None:
    kinds = Counter(division.name[-1] for division in of_level(valid_on(TODAY), DivisionLevel.COUNTY))
    assert kinds == {"区": 55, "市": 21, "县": 19}


@pytest.mark.parametrize("division", load(), ids=lambda division: f"{division.code}-{division.valid_from}")
def test_a_division_fits_its_code(division: Division) -> None:
    code = division.code
    parents = {
        DivisionLevel.PROVINCE: (None, code[:2] + "0000"),
        DivisionLevel.CITY: (code[:2] + "0000", code[:4] + "00"),
        DivisionLevel.COUNTY: (code[:4] + "00", code),
    }
    assert len(code) == 6
    assert code.isdigit()
    assert (division.parent_code, code) == parents[division.level]
    assert division.valid_to is None or division.valid_from < division.valid_to
    assert division.name_en.endswith(" " + SUFFIXES[division.name[-1]])


def test_no_code_means_two_things_on_one_day() -> None:
    for earlier, later in pairwise(load()):
        assert (earlier.code, earlier.valid_from) < (later.code, later.valid_from)
        if earlier.code == later.code:
            assert earlier.valid_to is not None
            assert earlier.valid_to <= later.valid_from


def test_no_name_means_two_divisions_of_a_city_on_one_day() -> None:
    days = {division.valid_from for division in load()}
    for day in days | {TODAY}:
        names = Counter((division.parent_code, division.name) for division in valid_on(day))
        assert set(names.values()) == {1}


def test_a_parent_is_in_force_as_long_as_its_children() -> None:
    for division in load():
        if division.parent_code is not None:
            assert find(division.parent_code, division.valid_from)
            assert find(division.parent_code, TODAY)


@pytest.mark.parametrize(
    ("day", "gone", "come"),
    [
        (date(2009, 3, 23), ["320683"], ["320612"]),
        (date(2010, 9, 5), ["320304", "320323"], ["320312"]),
        (date(2011, 10, 22), ["321011", "321088"], ["321012"]),
        (date(2012, 8, 17), ["320502", "320503", "320504", "320584"], ["320508", "320509"]),
        (date(2012, 12, 17), ["321284"], ["321204"]),
        (date(2013, 2, 8), ["320103", "320107", "320124", "320125"], ["320117", "320118"]),
        (date(2014, 5, 2), ["320705", "320721"], ["320707"]),
        (date(2015, 4, 28), ["320405", "320482"], ["320413"]),
        (date(2015, 7, 23), ["320982"], ["320904"]),
        (date(2015, 10, 13), ["320202", "320203", "320204"], ["320213", "320214"]),
        (date(2016, 6, 8), ["320802", "320811", "320829"], ["320812", "320813"]),
        (date(2018, 2, 22), ["320621"], ["320685"]),
        (date(2020, 6, 5), ["320602", "320611", "320684"], ["320613", "320614"]),
    ],
)
def test_a_reform_takes_effect_on_its_day(day: date, gone: list[str], come: list[str]) -> None:
    eve = day - timedelta(days=1)
    before, after = ({division.code for division in valid_on(moment)} for moment in (eve, day))
    assert before - after == set(gone)
    assert after - before == set(come)


def test_a_renamed_district_keeps_its_code() -> None:
    before, after = find("320803", date(2011, 12, 29)), find("320803", date(2011, 12, 30))
    assert before is not None
    assert after is not None
    assert (before.name, after.name) == ("楚州区", "淮安区")


@pytest.mark.parametrize("code", ["", "000000", "32", "320000 ", "329999", "３２００００"])
def test_an_unknown_code_is_not_found(code: str) -> None:
    assert find(code, TODAY) is None

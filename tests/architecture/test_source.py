"""The source keeps to its rules; and each rule can be broken."""

import statistics
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.architecture import rules
from tests.architecture.source import ROOT, Module, functions, length, modules, python_files

Rule = Callable[[Iterable[Module]], Iterator[str]]

# rule -> a made-up module that breaks it
BROKEN: list[tuple[Rule, str, str]] = [
    (rules.wrong_files, "app.people.utils", ""),
    (rules.wrong_files, "app.people.manager", ""),
    (rules.wrong_files, "app.people.letters", ""),
    (rules.wrong_crossings, "app.checkins.service", "from app.people import queries"),
    (rules.wrong_crossings, "app.checkins.service", "from app.people.queries import find"),
    (rules.wrong_crossings, "app.checkins.service", "import app.people.schemas"),
    (rules.wrong_crossings, "app.cli.people", "from app.people.queries import find"),
    (rules.stray_statements, "app.people.service", "from sqlalchemy import select"),
    (rules.stray_statements, "app.people.endpoints", "from sqlalchemy.dialects.postgresql import insert"),
    (rules.stray_commits, "app.people.service", "def enrol(session):\n    session.commit()"),
    (rules.busy_endpoints, "app.people.endpoints", "from app.access.roles import Role"),
    (rules.busy_endpoints, "app.people.endpoints", "from app.people import queries"),
    (rules.busy_endpoints, "app.people.endpoints", "def read():\n    for one in []:\n        pass"),
    (rules.talkative_logs, "app.people.service", "log.info('enrolled', phone=phone)"),
    (rules.talkative_logs, "app.people.service", "log.info('enrolled', **values)"),
    (rules.talkative_logs, "app.people.service", "log.info('enrolled', who=person.name)"),
    (rules.talkative_logs, "app.people.service", "self.logger.info('enrolled %s', person.display_name)"),
    (rules.talkative_logs, "app.people.service", "log.info(f'enrolled {name}')"),
    (rules.prints, "app.people.service", "print('x')"),
    (rules.long_ones, "app.people.service", "x = 1\n" * 400),
    (rules.long_ones, "app.people.service", "def long():\n" + "    x = 1\n" * 40),
    (rules.unfinished, "app.people.service", "# TO" + "DO: later"),
]
KEPT: list[tuple[Rule, str, str]] = [
    (rules.wrong_files, "app.people.service.enrol", ""),
    (rules.wrong_files, "app.identity.tokens", ""),
    (rules.wrong_crossings, "app.checkins.service", "from app.people import service as people"),
    (rules.wrong_crossings, "app.checkins.reach", "from app.access.reach import Anchors"),
    (rules.stray_statements, "app.people.queries", "from sqlalchemy import select"),
    (rules.stray_statements, "app.people.service", "from sqlalchemy.orm import Session"),
    (rules.talkative_logs, "app.people.service", "log.info('enrolled', person_id=1)"),
]


@pytest.mark.parametrize(
    "rule",
    [
        rules.wrong_files,
        rules.wrong_crossings,
        rules.stray_statements,
        rules.stray_commits,
        rules.busy_endpoints,
        rules.talkative_logs,
        rules.prints,
        rules.long_ones,
        rules.unfinished,
    ],
)
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(modules())) == []


@pytest.mark.parametrize(("rule", "name", "text"), BROKEN)
def test_a_rule_catches_what_breaks_it(rule: Rule, name: str, text: str) -> None:
    assert list(rule([Module(name, text)]))


@pytest.mark.parametrize(("rule", "name", "text"), KEPT)
def test_a_rule_lets_pass_what_keeps_it(rule: Rule, name: str, text: str) -> None:
    assert list(rule([Module(name, text)])) == []


def test_tests_and_benches_are_short_too() -> None:
    found = [Module(str(path.relative_to(ROOT)), path.read_text()) for path in python_files("tests", "bench")]
    # A test that tells a day from morning to evening is read once, from the top: it may take a page.
    assert list(rules.long_ones(found, most=50)) == []


def test_most_files_and_functions_are_far_below_the_limits() -> None:
    files = [module.lines for module in modules()]
    lengths = [length(function) for module in modules() for function in functions(module.tree)]
    assert statistics.quantiles(files, n=10)[-1] <= 200
    assert statistics.quantiles(lengths, n=10)[-1] <= 25


def test_every_package_says_what_it_owns() -> None:
    silent = [
        module.name
        for module in modules()
        if module.part == "" and module.name != "app" and len(module.text.strip().strip('"')) < 40
    ]
    assert silent == []


def test_no_exception_outlives_its_file() -> None:
    there = {(module.feature, module.part) for module in modules()}
    assert set(rules.BESIDES) <= there

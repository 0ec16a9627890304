"""The program as it stands when put together: operations, actions, problems, events, tasks, documents."""

import re
from typing import cast

import pytest
from celery.exceptions import QueueNotFound
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from app.access.grants import GRANTABLE, GRANTS
from app.access.roles import KEYLESS, Action, Role
from app.access.service import Allow
from app.api.operations import Operation, operations
from app.cli import documents
from app.kernel.errors import Problem
from app.kernel.events import LISTENERS, Event, Queue
from app.kernel.idempotency import HEADER, RepeatableRoute
from app.kernel.schemas import BIGGEST_ID
from app.worker.celery import ROUTES, celery_app
from tests.architecture.source import calls, modules

# What is open to everybody, each with the reason; `x-open` in the program must agree.
OPEN = {
    "check_health": "machines ask; says nothing of anybody",
    "check_readiness": "same",
    "read_jwks": "public keys",
    "open_session": "signing in",
    "open_session_by_code": "signing in",
    "open_session_by_wechat": "signing in",
    "refresh_session": "the refresh token is the credential",
    "send_one_time_code": "signing in",
    "open_visit_form": "the school's code is the credential",
    "request_visit": "same",
    "read_visit": "the visitor's ticket is the credential",
    "resubmit_visit": "same",
    "withdraw_visit": "same",
}
# Events that nobody inside hears, each with the reason why it is recorded.
UNHEARD: dict[str, str] = {
    "ReportAmended": "the level above sees it in what it collects",
    "ReportLate": "its sender knows, and the level above sees it in what it collects",
    "ReportSent": "the level above sees it in what it collects",
}


@pytest.fixture(scope="module")
def app(client: TestClient) -> FastAPI:
    return cast("FastAPI", client.app)


@pytest.fixture(scope="module")
def found(app: FastAPI) -> list[Operation]:
    return operations(app)


def unguarded(found: list[Operation]) -> list[str]:
    """Operations that name no action and are not declared open, or that name more than one."""
    return [one.id for one in found if len(one.actions) != (0 if one.open else 1)]


def test_every_operation_names_one_action_or_is_open(found: list[Operation]) -> None:
    assert unguarded(found) == []
    assert {one.id for one in found if one.open} == set(OPEN)


def test_an_operation_without_an_action_is_caught() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/a", operation_id="none")
    def none() -> None: ...

    @router.get("/b", operation_id="two", dependencies=[Allow(Action.UNITS_READ), Allow(Action.PEOPLE_READ)])
    def two() -> None: ...

    @router.get("/c", operation_id="both", openapi_extra={"x-open": True}, dependencies=[Allow(Action.UNITS_READ)])
    def both() -> None: ...

    @router.get("/d", operation_id="one", dependencies=[Allow(Action.UNITS_READ)])
    def one() -> None: ...

    app.include_router(router)
    assert unguarded(operations(app)) == ["none", "two", "both"]


def test_every_operation_that_makes_something_may_be_repeated(app: FastAPI, found: list[Operation]) -> None:
    makers = {one.id for one in found if one.method != "GET" and one.actions and one.actions[0] not in KEYLESS}
    makers |= {"request_visit", "resubmit_visit", "withdraw_visit"}  # by whoever has no account
    keyed = {
        item["operationId"]
        for path in app.openapi()["paths"].values()
        for item in path.values()
        if any(parameter["name"] == HEADER for parameter in item.get("parameters", []))
    }
    assert makers == keyed
    assert [one.id for one in found if one.id in makers and not _repeatable(one)] == []


def _repeatable(operation: Operation) -> bool:
    return isinstance(operation.route.original_route, RepeatableRoute)


def test_every_route_is_documented_or_known(app: FastAPI, found: list[Operation]) -> None:
    documented = {(path, method.upper()) for path, item in app.openapi()["paths"].items() for method in item}
    assert {(one.path, one.method) for one in found} == documented
    hidden = {getattr(route, "path", None) for route in app.routes} - {None} - {path for path, _ in documented}
    assert hidden <= {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc", "/metrics"}


def test_every_action_is_granted_and_used(found: list[Operation]) -> None:
    assert set(GRANTS) == set(Action)
    assert [action for action in Action if not GRANTS[action]] == []
    assert set(Action) - {action for one in found for action in one.actions} == set()


def test_every_role_can_do_something_and_nobody_hands_on_more_than_there_is() -> None:
    assert {role for granted in GRANTS.values() for role in granted} == set(Role)
    assert Role.SIGNED_IN not in {role for given in GRANTABLE.values() for role in given}
    # The roles that come with being someone: a guardian is bound to a child, a student is enrolled.
    assert set(Role) - {role for given in GRANTABLE.values() for role in given} == {
        Role.SIGNED_IN,
        Role.GUARDIAN,
        Role.STUDENT,
    }


def test_every_operation_is_described(found: list[Operation]) -> None:
    ids = [one.id for one in found]
    assert sorted(set(ids)) == sorted(ids)
    assert [one.id for one in found if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", one.id)] == []
    assert [one.id for one in found if not one.tags or not one.summary or len(one.tags) > 1] == []
    assert [one.id for one in found if not one.path.startswith("/api/v1/") and not one.open] == []


def test_paths_are_plural_nouns(found: list[Operation]) -> None:
    singular = {"me", "current", "password", "family", "responsible", "wechat", "email", "coverage", "trend"}
    singular |= {"temperature-record"}  # there is one, of fourteen days
    singular |= {"draft", "verification", "report-collection"}  # there is one of each for a report
    singular |= {"by-code", "by-wechat", "refresh"}  # the ways to a session
    parts = {
        part
        for one in found
        if one.path.startswith("/api/v1/")
        for part in one.path.removeprefix("/api/v1/").split("/")
        if not part.startswith("{") and "{" not in part
    }
    assert {part for part in parts if not part.endswith(("s", "people", "children", "missing"))} - singular == set()
    assert {part for part in parts if not re.fullmatch(r"[a-z][a-z0-9-]*", part)} == set()


def test_every_id_in_a_path_has_its_bounds(app: FastAPI) -> None:
    lax = [
        f"{item['operationId']}.{parameter['name']}"
        for path in app.openapi()["paths"].values()
        for item in path.values()
        for parameter in item.get("parameters", [])
        if parameter["in"] in ("path", "query") and not _bounded(parameter["schema"], BIGGEST_ID)
    ]
    assert lax == []


def _bounded(schema: dict[str, object], most: int) -> bool:
    """Whether a parameter's schema refuses what would run over further inside."""
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return all(_bounded(one, most) for one in choices)
    if schema.get("type") == "integer":
        maximum = schema.get("maximum")
        return isinstance(maximum, int) and maximum <= most and "minimum" in schema
    if schema.get("type") == "string":
        return bool({"maxLength", "format", "enum", "pattern", "const"} & set(schema))
    return schema.get("type") in ("null", "boolean", "array") or "$ref" in schema


def test_problems_speak_both_languages() -> None:
    mute = []
    for code, problem in Problem.registry.items():
        chinese = re.search(r"[\u4e00-\u9fff]", problem.zh)
        places = set(re.findall(r"{(\w+)}", problem.zh)), set(re.findall(r"{(\w+)}", problem.en))
        if not chinese or re.search(r"[\u4e00-\u9fff]", problem.en) or places[0] != places[1]:
            mute.append(code)
        if not re.fullmatch(r"[a-z0-9_]+", code) or problem.status not in range(400, 600):
            mute.append(code)
    assert mute == []


def test_every_problem_is_raised_somewhere() -> None:
    source = "\n".join(module.text for module in modules())
    ours = [one.__name__ for one in Problem.registry.values() if one.__module__.startswith("app.")]
    unused = [name for name in ours if len(re.findall(rf"\b{name}\b", source)) < 2]
    assert unused == []


@pytest.mark.usefixtures("app")
def test_every_event_is_recorded_and_heard() -> None:
    declared = {name for name, kind in Event.registry.items() if kind.__module__.startswith("app.")}
    made = {called.split(".")[-1] for module in modules() for called, _ in calls(module.tree)}
    heard = {kind.__name__ for kind, listeners in LISTENERS.items() if listeners}
    assert declared - made == set()
    assert declared - heard == set(UNHEARD)


@pytest.mark.usefixtures("app")
def test_the_committed_documents_equal_the_program() -> None:
    assert documents.OPENAPI.read_text() == documents.openapi_text(), "make generated"
    assert documents.PERMISSIONS.read_text() == documents.permissions_text(), "make generated"
    assert documents.WORKFLOWS.read_text() == documents.workflows_text(), "make generated"


def test_every_task_is_scheduled_or_handed_over() -> None:
    celery_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    handed_over = {
        called.removesuffix(".apply_async")
        for module in modules()
        for called, _ in calls(module.tree)
        if called.endswith(".apply_async")
    }
    ours = {name for name in celery_app.tasks if not name.startswith("celery.")}
    assert scheduled <= ours
    assert ours - scheduled - {name.split(".")[-1] for name in handed_over} == set()


def test_every_queue_is_consumed_and_nothing_goes_by_another() -> None:
    celery_app.loader.import_default_modules()
    assert set(celery_app.amqp.queues) == set(Queue)
    ours = {name for name in celery_app.tasks if not name.startswith("celery.")}
    routed = {name: celery_app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert routed == {name: queue.value for name, queue in ROUTES.items()}
    with pytest.raises(QueueNotFound):
        celery_app.send_task("deliver", (0,), queue="elsewhere")
    # The worker in the API's process, and `lianfang worker` unless it is told otherwise, take all of them.
    assert set(celery_app.amqp.queues.consume_from) == set(Queue)
    assert {kind.queue for kind in Event.registry.values()} <= set(Queue)

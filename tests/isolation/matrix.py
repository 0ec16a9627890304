"""The cells of the isolation matrix: every operation, every actor, every identifier swapped to what is not the actor's.

A cell asks with the swapped identifier, asks again with one that nobody has, and compares: the two answers must be the
same to the byte, nothing of the twin may stand in them, and the twin's rows must be as they were.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from httpx2 import Response
from starlette.testclient import TestClient

from app.access.grants import GRANTS
from app.access.roles import Reach, Role
from app.api.operations import Operation
from tests.isolation.calls import Build, Call, Take

NARROW = {Reach.OWN_ACCOUNT, Reach.OWN_PERSON, Reach.OWN_CHILDREN, Reach.OWN_UNIT}
OFFICES = {Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN, Role.ANALYST, Role.REVIEWER}
# Differ between any two answers, and say nothing of what was asked for.
PASSING_HEADERS = {"x-request-id", "date", "content-length"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class World(Protocol):
    """What a world must tell; see `worlds`."""

    @property
    def actors(self) -> Mapping[str, Any]: ...

    def own(self, kind: str, actor: str) -> Any: ...

    def foreign(self, kind: str) -> Any: ...

    def neighbour(self, kind: str, actor: str) -> Any: ...

    def missing(self, kind: str, actor: str) -> Any: ...

    def words(self) -> set[str]: ...

    def personal_words(self) -> set[str]: ...

    def neighbour_words(self, actor: str) -> set[str]: ...

    def role(self, actor: str) -> Role | None: ...

    def headers(self, actor: str, operation_id: str) -> Mapping[str, str]: ...

    def renew(self) -> None: ...

    def digest(self, *, trail: bool) -> str: ...


@dataclass(frozen=True)
class Case:
    """An operation with a way to call it."""

    operation: Operation
    build: Build
    number: int = 0  # of the builders of this operation


@dataclass
class Matrix:
    """Runs cells between two worlds. ``compare`` is off where only the net beneath the access checks is looked at."""

    client: TestClient
    world: World
    twin: World
    compare: bool = True
    cells: int = 0
    succeeded: set[str] = field(default_factory=set)

    def complaints(self, case: Case, actors: Sequence[str] | None = None, *, own: bool = True) -> list[str]:
        """What is wrong with an operation, for the given actors or all; ``own``: with their own identifiers too."""
        self.world.renew()
        before = self.twin.digest(trail=self.compare)
        found: list[str] = []
        for actor in actors or self._actors(case):
            found += self._swapped(case, actor)
            if own:
                found += self._own(case, actor)
        if self.twin.digest(trail=self.compare) != before:
            found.append(f"{case.operation.id}: the twin's rows have changed")
        return found

    def _actors(self, case: Case) -> list[str]:
        # Nobody is told apart where everybody may: one asks for all.
        return ["nobody"] if case.operation.open else list(self.world.actors)

    def _swapped(self, case: Case, actor: str) -> Iterator[str]:
        for slot, kind in self._slots(case, actor).items():
            missing = self._ask(case, actor, slot, self.world.missing(kind, actor))
            swaps = [("twin", self.twin.foreign(kind))]
            if self._narrow(case, actor) and self.compare:
                swaps.append(("neighbour", self.world.neighbour(kind, actor)))
            for whose, other in swaps:
                if other is None:
                    continue
                answer = self._ask(case, actor, slot, other)
                place = f"{case.operation.id} as {actor}, {slot} of the {whose}"
                yield from self._judge(place, answer, missing, actor if whose == "neighbour" else None)

    def _judge(self, place: str, answer: Response, missing: Response, actor: str | None) -> Iterator[str]:
        self.cells += 1
        words = self.world.neighbour_words(actor) if actor else self.twin.words()
        yield from (f"{place}: {word!r} stands in the answer" for word in seen(answer, words, twin=actor is None))
        if answer.status_code >= 500:
            yield f"{place}: {answer.status_code}"
        if self.compare and essence(answer) != essence(missing):
            yield f"{place}: differs from a missing one: {_brief(answer)} / {_brief(missing)}"
        if self.compare and answer.is_success and answer.request.method != "GET" and not refused_inside(answer):
            yield f"{place}: accepted with {_brief(answer)}"

    def _own(self, case: Case, actor: str) -> Iterator[str]:
        """The same with the actor's own identifiers: allowed at least to someone, refused where no role is granted."""
        self.cells += 1
        answer = self._ask(case, actor)
        place = f"{case.operation.id} as {actor}, own"
        if answer.is_success:
            self.succeeded.add(f"{case.operation.id}/{case.number}")
        if answer.status_code >= 500:
            yield f"{place}: {_brief(answer)}"
        if self.compare and not self._may(case, actor) and answer.status_code != 403:
            yield f"{place}: no role allows it, yet {_brief(answer)}"
        yield from (f"{place}: {word!r} of the twin" for word in seen(answer, self.twin.words()))
        if self.world.role(actor) in OFFICES:
            words = seen(answer, self.world.personal_words(), twin=False)
            yield from (f"{place}: {word!r} is personal" for word in words)
        if self.compare and self._narrow(case, actor):
            words = seen(answer, self.world.neighbour_words(actor), twin=False)
            yield from (f"{place}: {word!r} is the neighbour's" for word in words)

    def _slots(self, case: Case, actor: str) -> dict[str, str]:
        take = Take(lambda kind: self.world.own(kind, actor))
        case.build(take)
        return take.slots

    def _ask(self, case: Case, actor: str, slot: str | None = None, other: Any = None) -> Response:
        def own(kind: str) -> Any:
            return self.world.own(kind, actor)

        call = case.build(Take(own, slot, lambda _: other))
        return send(self.client, case.operation, call, self.world.headers(actor, case.operation.id))

    def _may(self, case: Case, actor: str) -> bool:
        # By the table alone, not by the program's own reading of it.
        return case.operation.open or bool(
            {self.world.role(actor), Role.SIGNED_IN} & set(GRANTS[case.operation.actions[0]])
        )

    def _narrow(self, case: Case, actor: str) -> bool:
        """Whether the actor's way to this operation ends inside a school: at a class, a child, oneself."""
        if case.operation.open:
            return False
        granted = GRANTS[case.operation.actions[0]]
        roles = {self.world.role(actor), Role.SIGNED_IN}
        reaches = {reach for role, reach in granted.items() if role in roles}
        return bool(reaches) and reaches <= NARROW


def send(client: TestClient, operation: Operation, call: Call, headers: Mapping[str, str]) -> Response:
    """The answer of the service to ``call``."""
    path = operation.path.format(**call.path)
    more: dict[str, Any] = {}
    if call.body is not None:
        more["json"] = call.body
    if call.files is not None:
        more |= {"data": call.form, "files": call.files}
    return client.request(operation.method, path, params=dict(call.query), headers=dict(headers), **more)


def essence(answer: Response) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """What two answers must share to be the same to a caller; the moment of answering is not part of it."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in PASSING_HEADERS)
    return answer.status_code, _MOMENT.sub("now", answer.text), tuple(headers)


def seen(answer: Response, words: set[str], *, twin: bool = True) -> list[str]:
    """Which of ``words`` stand in an answer: in its body, its headers, or inside the cursor of the next page."""
    told = {name: value for name, value in answer.headers.items() if name not in PASSING_HEADERS}
    whole = answer.text + json.dumps(told) + _cursor(answer)
    found = sorted(word for word in words if word in whole)
    if twin:
        found += sorted(set(re.findall(r"(?<![0-9a-f])77\d{9}(?![0-9a-f])", whole)))
    return found


def _cursor(answer: Response) -> str:
    try:
        cursor = answer.json()["next"]
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, KeyError, TypeError):
        return ""


def refused_inside(answer: Response) -> bool:
    """Whether an answer by items refuses each of them, finds none, or fails in every row."""
    try:
        found = answer.json()
        if "rows" in found:
            return bool(found["failed"] == found["rows"] > 0)
        return all(one.get("outcome") == "refused" for one in found["items"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _brief(answer: Response) -> str:
    return f"{answer.status_code} {answer.text[:160]}"

"""The service's own list of what it offers: every operation with the one action that it names."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.access.roles import Action


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``actions`` has exactly one member unless the operation is ``open`` to everybody."""

    id: str
    method: str
    path: str
    summary: str
    tags: tuple[str, ...]
    actions: tuple[Action, ...]
    open: bool
    route: Any


def operations(app: FastAPI) -> list[Operation]:
    """Every documented operation, by path and method."""
    found = [
        Operation(
            id=context.operation_id or "",
            method=method,
            path=context.path or "",
            summary=context.summary or (context.endpoint.__doc__ or "").strip().split("\n")[0],
            tags=tuple(str(tag) for tag in context.tags),
            actions=tuple(dict.fromkeys(_actions(context.dependant))),
            open=bool((context.openapi_extra or {}).get("x-open")),
            route=context,
        )
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.include_in_schema
        for method in sorted(context.methods or ())
    ]
    return sorted(found, key=lambda one: (one.path, one.method))


def methods_of(app: FastAPI, path: str) -> list[str]:
    """What ``Allow`` must list (RFC 9110, 10.2.1): the methods of all routes of the resource.

    Where several templates match, the one with the fewest places is meant: a word is no id.
    """
    templates: dict[str, set[str]] = defaultdict(set)
    for context in iter_route_contexts(app.routes):
        pattern = getattr(context, "path_regex", None)
        if pattern is not None and pattern.match(path):
            templates[context.path or ""] |= context.methods or set()
    meant = min(templates, key=lambda template: template.count("{"), default="")
    return sorted(templates.get(meant, ()))


def _actions(dependant: Any) -> Iterator[Action]:
    for dependency in dependant.dependencies:
        action = getattr(dependency.call, "action", None)
        if action is not None:
            yield action
        yield from _actions(dependency)

"""Requests with places for identifiers, and what identifiers an operation takes according to the OpenAPI document."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Source = Callable[[str], Any]  # kind of thing -> identifier


@dataclass(frozen=True)
class Call:
    """What an operation is called with; method and path come from the OpenAPI document."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, Any] | None = None
    files: Mapping[str, Any] | None = None


class Take:
    """Hands identifiers to a builder: one's own, except in the one slot that is swapped.

    ``take("unit_id", "class")`` is the slot ``unit_id``, filled with the class of the world at hand.
    """

    def __init__(self, own: Source, swapped: str | None = None, instead: Source | None = None) -> None:
        self.own = own
        self.swapped = swapped
        self.instead = instead
        self.slots: dict[str, str] = {}

    def __call__(self, slot: str, kind: str) -> Any:
        self.slots[slot] = kind
        if slot == self.swapped and self.instead is not None:
            return self.instead(kind)
        return self.own(kind)

    def mine(self, kind: str) -> Any:
        """A secret or a name that only its owner has: nothing to swap."""
        return self.own(kind)


Build = Callable[[Take], Call]
_IDENTIFIER = re.compile(r"(^|_)(id|ids)$")


def identifiers(document: Mapping[str, Any], operation: Mapping[str, Any]) -> set[str]:
    """The names under which an operation takes identifiers: in its path, its query and its body, at any depth."""
    names = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
    names |= {one["name"] for one in operation.get("parameters", ()) if _is_identifier(one["name"], one["schema"])}
    return names | {name for name, schema in body_fields(document, operation) if _is_identifier(name, schema)}


def body_fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, schema) of every field of an operation's body, at any depth."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield from _inside(document, media.get("schema", {}), set())


def _inside(
    document: Mapping[str, Any], schema: Mapping[str, Any], seen: set[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reference = schema.get("$ref")
    if reference is not None:
        if reference not in seen:
            seen.add(reference)
            yield from _inside(document, document["components"]["schemas"][reference.split("/")[-1]], seen)
        return
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
        yield from _inside(document, inner, seen)
    for part in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(part, ()):
            yield from _inside(document, inner, seen)
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from _inside(document, schema[part], seen)


def _is_identifier(name: str, schema: Mapping[str, Any]) -> bool:
    inner = [schema, *schema.get("anyOf", ())]
    return bool(_IDENTIFIER.search(name)) or any(one.get("format") == "uuid" for one in inner)

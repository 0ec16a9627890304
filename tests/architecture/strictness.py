"""Which fields of a body would take more than they say."""

import types
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.types import Strict

CONTAINERS = (list, tuple, set, frozenset, dict, Union, types.UnionType)


def lax_places(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> Iterator[str]:
    """Every field of ``model`` and of the models inside it that would take more than it says."""
    seen = seen if seen is not None else set()
    if model in seen:
        return
    seen.add(model)
    if model.model_config.get("extra") != "forbid":
        yield f"{model.__name__}: takes unknown fields"
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        for one in field.metadata:
            annotation = Annotated[annotation, one]
        for complaint in _lax(annotation, (), seen):
            place = f"{model.__name__}.{name}"
            yield complaint if ":" in complaint else f"{place}: {complaint}"


def _lax(annotation: Any, metadata: tuple[Any, ...], seen: set[type[BaseModel]]) -> Iterator[str]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _lax(inner, (*more, *metadata), seen)
    elif origin in CONTAINERS:
        if origin in (list, tuple, set, frozenset, dict) and "max_length" not in _words(metadata):
            yield "a list without an end"
        for argument in get_args(annotation):
            # Constraints on an optional value bind the value.
            passed = metadata if origin in (Union, types.UnionType) else ()
            yield from _lax(argument, passed, seen)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from lax_places(annotation, seen)
    else:
        yield from _lax_leaf(annotation, metadata)


def _lax_leaf(kind: Any, metadata: tuple[Any, ...]) -> Iterator[str]:
    words = _words(metadata)
    if kind in (int, bool, float) and "strict" not in words:
        yield f"a lax {kind.__name__}"
    if kind is int and not words & {"le", "lt"}:
        yield "an integer without a bound"
    if kind in (date, datetime, time) and "BeforeValidator" not in words:
        yield f"a lax {kind.__name__}"
    if kind is str and not words & {"max_length", "pattern"}:
        yield "an endless text"
    known = (int, bool, float, date, datetime, time, str, UUID, type(None))
    if kind in known or get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return
    if str(kind).startswith("pydantic") or "strict" in words or "BeforeValidator" in words:
        return
    yield f"anything ({kind})"


def _words(metadata: tuple[Any, ...]) -> set[str]:
    """The names of what constrains a value, whichever of pydantic's forms it was written in."""
    words: set[str] = set()
    for one in metadata:
        words.add(type(one).__name__)
        if isinstance(one, Strict):
            words.add("strict")
        inner = getattr(one, "metadata", [])
        words |= _words(tuple(inner))
        for name in ("strict", "le", "lt", "max_length", "pattern"):
            if getattr(one, name, None) is not None:
                words.add(name)
        words |= {word for word in ("BeforeValidator",) if word in type(one).__name__}
    return words

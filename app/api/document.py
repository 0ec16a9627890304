"""The OpenAPI document: what FastAPI derives, errors under their own media type, the key of repeatable requests."""

from typing import Any

from fastapi import FastAPI

from app.access.roles import KEYLESS
from app.api.operations import operations
from app.kernel import idempotency

PROBLEM = "application/problem+json"
_FIRST_ERROR = 400
_KEY = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": idempotency.DESCRIPTION,
    # With or without the quotes of a structured field.
    "schema": {
        "type": "string",
        "maxLength": idempotency.LONGEST + 2,
        "pattern": r'^"?[!#-~]{1,128}"?$',
        "examples": ["9b2f5c1e-7a34-4a55-8d3e-0a8f0b7f6b11"],
    },
}


def install(app: FastAPI) -> None:
    """Have the application describe its errors as what `problems` sends; FastAPI knows one media type for all."""
    derive = app.openapi

    def openapi() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        document = derive()
        if fresh:
            for path in document["paths"].values():
                for operation in path.values():
                    _retype(operation["responses"])
            for one in operations(app):
                if one.method != "GET" and one.actions and one.actions[0] not in KEYLESS:
                    document["paths"][one.path][one.method.lower()].setdefault("parameters", []).append(_KEY)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending the document


def _retype(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if int(status) >= _FIRST_ERROR and content:
            # One schema, whatever the media type of what the operation answers when all is well.
            response["content"] = {PROBLEM: next(iter(content.values()))}

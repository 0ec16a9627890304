"""The OpenAPI document: what FastAPI derives, with errors under their own media type."""

from typing import Any

from fastapi import FastAPI

PROBLEM = "application/problem+json"
_FIRST_ERROR = 400


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
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending the document


def _retype(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if int(status) >= _FIRST_ERROR and "application/json" in content:
            response["content"] = {PROBLEM: content["application/json"]}

"""The description of the API, with what every call has in common: how to sign in, and what errors look like."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from bprs.http.problems import MEDIA_TYPE, TITLES

SCHEME = "bearer"
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key and body, the call is not carried out again but answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:bprs:problem:invalid"]},
        "title": {"type": "string", "examples": ["Refused"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": {"type": "string", "description": "A sentence, in the language of Accept-Language (id, en)."},
        "code": {"type": "string", "description": "Stable; for programs.", "examples": ["invalid"]},
        "request_id": {"type": "string", "description": "Also in the header X-Request-ID."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["#/monthly_income"]},
                    "parameter": {"type": "string", "examples": ["limit"]},
                    "code": {"type": "string", "examples": ["too_many_decimals"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class DocumentedAPI(NinjaAPI):
    """A NinjaAPI whose description declares the scheme and the problems of every operation."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        components = schema["components"]
        components["schemas"]["Problem"] = PROBLEM_SCHEMA
        components["securitySchemes"] = {
            SCHEME: {"type": "http", "scheme": "bearer", "description": "A token or API key."}
        }
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                _complete(path, operation)
                if method in ("post", "patch") and "security" in operation:
                    _say_it_may_be_repeated(operation)
        return schema


def _say_it_may_be_repeated(operation: dict[str, Any]) -> None:
    operation["parameters"] = [*operation["parameters"], IDEMPOTENCY_KEY]
    for status in (400, 409, 422):
        operation["responses"].setdefault(status, _problem_response(status))


def _complete(path: str, operation: dict[str, Any]) -> None:
    statuses = [500, 503]
    if "security" in operation:
        operation["security"] = [{SCHEME: []}]
        statuses += [401, 403, 429]
    if path.endswith("/token"):
        statuses += [401, 429]
    if "{" in path or path.endswith("/bulk"):
        statuses.append(404)
    if path.endswith(".pdf"):
        statuses.append(409)
    if "requestBody" in operation:
        statuses += [400, 413]
    if "requestBody" in operation or operation["parameters"]:
        statuses.append(422)
    for status in sorted(statuses):
        operation["responses"].setdefault(status, _problem_response(status))


def _problem_response(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": str(TITLES[status]), "content": content}

"""JSON in and out without losing a digit: numbers with a point are Decimals, never floats."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import orjson
from django.http import HttpRequest
from django.utils.functional import Promise
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.types import DictStrAny
from pydantic import BaseModel


class ExactParser(Parser):
    """NaN and Infinity arrive as Decimals, so that the field that holds them is refused by name."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        body = json.loads(request.body, parse_float=_decimal, parse_constant=Decimal)
        # A Decimal has attributes as an object has: it would pass for one in which nothing was sent.
        return cast(DictStrAny, str(body) if isinstance(body, Decimal) else body)


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return dumps(data)


def dumps(data: Any) -> bytes:
    return orjson.dumps(data, default=_encoded, option=orjson.OPT_NON_STR_KEYS)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of more digits than Decimal keeps
        return Decimal("Infinity")


def _encoded(value: Any) -> Any:
    match value:
        case Decimal():
            return orjson.Fragment(format(value, "f"))
        case Promise():
            return str(value)
        case BaseModel():
            return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no JSON form here")

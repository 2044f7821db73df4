"""Logging in by program."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from bprs.access import services
from bprs.http.fields import Secret, Text

router = Router(tags=["auth"])


class TokenIn(Schema):
    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "ao1", "password": "..."}]})

    username: Text = Field(max_length=150)
    password: Secret = Field(max_length=1000)
    otp: Text = Field("", max_length=40, description="The code of the second step, for users who have one.")


class TokenOut(Schema):
    access_token: str = Field(examples=["bprs_6fJ2..."])
    token_type: str = Field("bearer", examples=["bearer"])
    expires_in: int = Field(description="In seconds.", examples=[28800])


@router.post("/token", response=TokenOut, auth=None, summary="Log in")
def log_in(request: HttpRequest, credentials: TokenIn) -> TokenOut:
    """Exchange user name and password for a token. It may do what its user may do, until it expires."""
    new = services.log_in(
        request=request,
        username=credentials.username,
        password=credentials.password,
        otp=credentials.otp,
        at=timezone.now(),
    )
    return TokenOut(access_token=new.secret, token_type="bearer", expires_in=settings.API_TOKEN_HOURS * 3600)  # noqa: S106

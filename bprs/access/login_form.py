"""The form on the login page."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from bprs.access.lockout import TooManyTries, is_locked_out


class LoginForm(AuthenticationForm):
    def clean(self) -> Any:
        try:
            return super().clean()
        except ValidationError:
            if is_locked_out(self.request):
                raise ValidationError(str(TooManyTries()), code=TooManyTries.code) from None
            raise

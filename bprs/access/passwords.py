"""What a new password must be beyond Django's rules, and what follows from one."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.access.second_step import end_login_tokens


class AnotherPassword:
    """Not the present one; and with it the login tokens of the old one end, as sessions do by themselves."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError(self.get_help_text(), code="password_unchanged")

    def password_changed(self, password: str, user: User) -> None:
        end_login_tokens(user=user, at=timezone.now())

    def get_help_text(self) -> str:
        return _("The new password must be another than the present one.")

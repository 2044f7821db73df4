"""What an administrator does for who cannot log in; each of it stands in the history of that member of staff."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bprs.access.admin_base import BaseModelAdmin, user_of
from bprs.access.models import User
from bprs.access.second_step import OwnSecondStep, reset_second_step, unlock_login
from bprs.wording import sentence_of


class LoginActions(BaseModelAdmin):
    actions = ("unlock_selected", "reset_second_step_of_selected")

    @admin.action(description=_("Unlock login"), permissions=["change"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = [user for user in queryset if self.has_change_permission(request, user)]
        for user in users:
            unlock_login(user=user)
            self.log_change(request, user, gettext("Unlocked the login."))
        sentence = ngettext("Unlocked %(count)d login.", "Unlocked %(count)d logins.", len(users))
        self.message_user(request, sentence % {"count": len(users)}, messages.SUCCESS)

    @admin.action(description=_("Reset second step"), permissions=["change"])
    def reset_second_step_of_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For who lost the phone and the recovery codes; they set it up again at their next login."""
        users = [user for user in queryset if self.has_change_permission(request, user)]
        try:
            with transaction.atomic():
                for user in users:
                    reset_second_step(user=user, reset_by=user_of(request), at=timezone.now())
                    self.log_change(request, user, gettext("Reset the second step of the login."))
        except OwnSecondStep as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
            return
        sentence = ngettext(
            "Reset the second step of %(count)d login.", "Reset the second step of %(count)d logins.", len(users)
        )
        self.message_user(request, sentence % {"count": len(users)}, messages.SUCCESS)

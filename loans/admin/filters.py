"""Filters of the list of financing that ask what waits, and whose it is."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from bprs.access.admin_base import user_of
from bprs.importing.filters import ImportFilter
from bprs.lookups import is_key
from loans.models import LoanQuerySet
from loans.selectors import Queue, imported_by, in_queue


class QueueFilter(DropdownFilter):
    title = _("work queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(queue.value, str(queue.label)) for queue in Queue]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        return in_queue(queryset, Queue(self.value())) if self.value() in Queue.values else queryset


class OfficerFilter(DropdownFilter):
    """Whose files: one's own, nobody's, or a colleague's whose work one sees."""

    title = _("account officer")
    parameter_name = "officer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self._user = user_of(request)
        colleagues = self._user.whose_work_is_seen().filter(is_staff=True).exclude(pk=self._user.pk)
        named = sorted((person.known_as, str(person.pk)) for person in colleagues)
        return [("me", str(_("My own"))), ("none", str(_("Nobody's"))), *((pk, name) for name, pk in named)]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        asked = self.value()
        if asked == "me":
            return queryset.filter(account_officer=user_of(request))
        if asked == "none":
            return queryset.filter(account_officer__isnull=True)
        return queryset.filter(account_officer=int(asked)) if asked and is_key(asked) else queryset


class ScoredFilter(DropdownFilter):
    title = _("score")
    parameter_name = "scored"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("yes", str(_("Scored"))),
            ("stale", str(_("Scored, and the data changed since"))),
            ("no", str(_("Not scored yet"))),
        ]

    def queryset(self, request: HttpRequest, queryset: LoanQuerySet) -> LoanQuerySet:
        conditions = {
            "yes": {"credit_score__isnull": False},
            "stale": {"is_stale": True},
            "no": {"credit_score__isnull": True},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


class ImportedLoansFilter(ImportFilter):
    """Financing whose customer the import changed belongs to it too."""

    def imported_by(self, queryset: LoanQuerySet, batch_id: UUID) -> LoanQuerySet:
        return imported_by(queryset, batch_id)

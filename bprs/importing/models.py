"""A file that is brought in: what it is, how it is read, what it did; and how its columns were matched before."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import Branch, User
from bprs.files.models import StoredFile
from bprs.jobs.models import Job

IMPORTED, UNDONE = "import:", "undo:"  # what stands in histories before the key of a batch


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user: User) -> Self:
        return self.all() if user.has_every_branch() else self.filter(owner__in=user.whose_work_is_seen())


class ImportBatch(models.Model):
    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        RUNNING = "running", _("being imported")
        DONE = "done", _("imported")
        PARTLY_DONE = "partly_done", _("partly imported")
        WITHDRAWN = "withdrawn", _("nothing imported")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    MAY_BE_CHECKED = (State.UPLOADED, State.CHECKING, State.CHECKED)
    MAY_BE_UNDONE = (State.DONE, State.PARTLY_DONE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="imports"
    )
    branch = models.ForeignKey(
        Branch, verbose_name=_("branch"), on_delete=models.PROTECT, null=True, blank=True, related_name="imports"
    )
    kind = models.CharField(_("what the rows are"), max_length=30)
    stored_file = models.ForeignKey(
        StoredFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="imports"
    )
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    locale = models.CharField(_("numbers such as 5.000"), max_length=2, default="id")
    headers: "models.JSONField[list[str], list[str]]" = models.JSONField(_("headers"), default=list)
    mapping: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("columns"), default=dict)
    # A few cells under each header, as `bprs.importing.intake` notes them; of long numbers no more than lists show.
    samples: "models.JSONField[list[list[Any]], list[list[Any]]]" = models.JSONField(_("examples"), default=list)
    is_mapping_remembered = models.BooleanField(_("columns remembered"), default=False)
    is_scored = models.BooleanField(_("scored after import"), default=False)
    is_all_or_nothing = models.BooleanField(_("all or nothing"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UPLOADED)
    notes: "models.JSONField[list[str], list[str]]" = models.JSONField(_("notes"), default=list)
    preview: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(_("preview"), default=dict)
    # The part of the import that each row of the file is written with, as `bprs.importing.parts` packs it.
    parts = models.BinaryField(null=True, editable=False)
    rows_read = models.PositiveIntegerField(_("read"), default=0)
    new_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected"), default=0)
    blank_count = models.PositiveIntegerField(_("blank"), default=0)
    follow_up: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(_("follow-up"), default=dict)
    undone: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(_("what was undone"), default=dict)
    job = models.ForeignKey(
        Job, verbose_name=_("job"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded at"))
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    run_at = models.DateTimeField(_("imported at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("undone by"), on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="import_accounts_for_every_row",
                condition=Q(
                    rows_read=models.F("new_count")
                    + models.F("changed_count")
                    + models.F("unchanged_count")
                    + models.F("rejected_count")
                    + models.F("blank_count")
                )
                | Q(state__in=["uploaded", "checking", "running", "partly_done"]),
            )
        ]
        indexes = [models.Index(fields=["owner", "-created_at"], name="import_of_owner")]

    def __str__(self) -> str:
        return self.stored_file.filename

    @property
    def reason(self) -> str:
        """What stands in the history of what the import writes."""
        return f"{IMPORTED}{self.pk}"

    @property
    def undo_reason(self) -> str:
        return f"{UNDONE}{self.pk}"

    @property
    def is_read(self) -> bool:
        """Whether its headers are known; until then nobody knows how many rows it has."""
        return bool(self.headers)

    @property
    def changes_nothing(self) -> bool:
        return not (self.new_count or self.changed_count)


class ImportRejection(models.Model):
    """A row that is not imported: its cells as they came, and what is wrong with it."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rejections")
    row_index = models.PositiveIntegerField(_("data row, from 0"))
    row_number = models.PositiveIntegerField(_("row in the file"))
    cells: "models.JSONField[list[Any], list[Any]]" = models.JSONField(_("cells"))
    faults: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField(_("reasons"))

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "row_index"], name="import_rejects_a_row_once")]

    def __str__(self) -> str:
        return str(self.row_number)


class ColumnMapping(models.Model):
    """How the columns of a source were matched by hand: header -> field, or "" for what is not read."""

    source = models.CharField(max_length=64, unique=True)
    mapping: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("columns"))
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(_("confirmed at"))

    class Meta:
        verbose_name = _("remembered columns")
        verbose_name_plural = _("remembered columns")
        default_permissions = ()

    def __str__(self) -> str:
        return self.source

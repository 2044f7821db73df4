"""Drafts of scorecards: begun from another version or from a file, changed, thrown away. Only drafts change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.errors import DomainError
from scoring.engine import Scorecard, ScorecardError, content_hash_of
from scoring.models import CardProposal, ScorecardVersion, Simulation

LONGEST_NAME = 50


class NotADraft(DomainError):
    code = "not_a_draft"
    status = 409


class DraftChanged(DomainError):
    code = "draft_changed"
    status = 409


class NameUnusable(DomainError):
    code = "name_unusable"
    status = 422


@transaction.atomic
def create_draft(
    *,
    name: str,
    definition: Mapping[str, Any],
    created_by: User,
    created_at: datetime,
    based_on: ScorecardVersion | None = None,
    reason: str = "",
) -> ScorecardVersion:
    """
    Begin the next version of a series, or a new series.

    :raises NameUnusable: if the name of the series is not made of small letters and digits
    """
    if not name or slugify(name) != name or len(name) > LONGEST_NAME:
        raise NameUnusable(
            _("The name of a scorecard is made of small letters, digits and hyphens: %(name)s is not.") % {"name": name}
        )
    series = ScorecardVersion.objects.select_for_update().filter(name=name)
    number = max((version.number for version in series), default=0) + 1
    written = _normal({**definition, "version": f"{name}-{number}"})
    version = ScorecardVersion(
        name=name,
        number=number,
        definition=written,
        content_hash=content_hash_of(written),
        based_on=based_on,
        created_at=created_at,
        created_by=created_by,
        last_edited_by=created_by,
    )
    _save(version, by=created_by, at=created_at, reason=reason)
    return version


@transaction.atomic
def save_draft(
    *,
    version_id: int,
    definition: Mapping[str, Any],
    seen_hash: str,
    edited_by: User,
    edited_at: datetime,
    reason: str = "",
) -> ScorecardVersion:
    """
    Write a draft anew; a draft may be unfinished, but then it cannot be proposed.

    :param seen_hash: the content the editor began with
    :raises NotADraft: if it is proposed, approved or gone
    :raises DraftChanged: if somebody else saved it meanwhile
    """
    version = locked_draft(version_id)
    if version.content_hash != seen_hash:
        raise DraftChanged(_("Somebody else has changed this draft meanwhile. Open it again; nothing was saved."))
    written = _normal({**definition, "version": version.label})
    if content_hash_of(written) == version.content_hash:
        return version
    version.definition, version.content_hash = written, content_hash_of(written)
    version.last_edited_by = edited_by
    _save(version, by=edited_by, at=edited_at, reason=reason)
    return version


@transaction.atomic
def delete_draft(*, version_id: int, deleted_by: User) -> None:
    """
    Throw a draft away; its history stays.

    :raises NotADraft: if it is proposed or approved, was proposed or simulated once, or is gone
    """
    version = locked_draft(version_id)
    if is_kept(version):
        raise NotADraft(
            _("Scorecard %(card)s was proposed or simulated once: it stays, with what is known of it.")
            % {"card": version}
        )
    if Simulation.objects.filter(Q(version=version) | Q(against=version)).exists() or version.shadows.exists():
        raise NotADraft(_("Scorecard %(card)s was simulated: it stays, with what was found of it.") % {"card": version})
    version._history_user = deleted_by  # type: ignore[attr-defined]  # simple-history's way to name who did it
    version.delete()


def is_kept(version: ScorecardVersion) -> bool:
    """Whether anything rests on it, so that it cannot be thrown away."""
    used = (version.proposals, version.runs, version.simulations, ScorecardVersion.objects.filter(based_on=version))
    return any(rows.exists() for rows in used)


def locked_draft(version_id: int) -> ScorecardVersion:
    """:raises NotADraft: if the version is none, or none any more"""
    version = ScorecardVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise NotADraft(_("This draft is not there any more."))
    if CardProposal.objects.freezing().filter(version=version).exists():
        raise NotADraft(
            _("Scorecard %(card)s is no draft any more: what was proposed stays as it is.") % {"card": version}
        )
    return version


def _normal(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A card that can be built as it writes itself; an unfinished one as it is."""
    try:
        return Scorecard.from_dict(definition).to_dict()
    except ScorecardError:
        return dict(definition)


def _save(version: ScorecardVersion, *, by: User, at: datetime, reason: str) -> None:
    """simple-history's way to say who changed it, when and why."""
    version._history_user, version._history_date = by, at  # type: ignore[attr-defined]
    version._change_reason = reason[:100]  # type: ignore[attr-defined]
    version.save()

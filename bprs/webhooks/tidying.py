"""The log of deliveries is kept for some days."""

from datetime import datetime

from bprs.webhooks.models import Attempt, Message


def remove_old_messages(before: datetime) -> int:
    """Remove what was over before then, with its attempts; return how many messages."""
    old = Message.objects.filter(finished_at__lt=before)
    Attempt.objects.filter(message__in=old).delete()
    return old.delete()[0]

"""Status and risk segment in templates."""

from django import template

from loans.badges import segment_badge, stale_badge, status_badge
from loans.models import Segment

register = template.Library()
register.filter(segment_badge)
register.filter(status_badge)
register.simple_tag(stale_badge)


@register.filter
def segment_label(segment: str) -> str:
    return str(Segment(segment).label)

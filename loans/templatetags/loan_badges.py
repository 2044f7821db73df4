"""Status and risk segment in templates."""

from django import template

from loans.badges import segment_badge, status_badge

register = template.Library()
register.filter(segment_badge)
register.filter(status_badge)

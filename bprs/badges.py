"""Words that stand out."""

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString


def badge(text: str | Promise, *, tone: str = "", icon: str = "") -> SafeString:
    """A word with an icon and a colour: never the colour alone."""
    picture = format_html('<span class="material-symbols-outlined" aria-hidden="true">{}</span>', icon) if icon else ""
    return format_html('<span class="bprs-badge bprs-badge--{}">{}{}</span>', tone or "plain", picture, text)

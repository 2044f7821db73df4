"""The bank's numbers in templates."""

from django import template

from bprs.display import Number, percentage, rupiah, short_rupiah, signed

register = template.Library()
EMPTY = "—"


@register.filter(name="rupiah")
def rupiah_filter(amount: Number | None) -> str:
    return EMPTY if amount is None else rupiah(amount)


@register.filter(name="short_rupiah")
def short_rupiah_filter(amount: Number | None) -> str:
    return EMPTY if amount is None else short_rupiah(amount)


@register.filter(name="percentage")
def percentage_filter(share: Number | None, decimal_places: int = 2) -> str:
    return EMPTY if share is None else percentage(share, decimal_places)


register.filter("signed", signed)

"""Numbers as people at the bank write them."""

from decimal import Decimal

from django.utils.formats import number_format

from bprs.spreadsheets.identities import masked

Number = Decimal | int | float
HIDDEN = "•"
SIZES = ((1_000_000_000_000, "T"), (1_000_000_000, "M"), (1_000_000, "jt"))


def grouped_amount(amount: Number) -> str:
    """An amount as an officer types it, whatever the language of the screen: 5.000.000 or 958.333,33."""
    rounded = round(Decimal(str(amount)), 2)
    text = f"{rounded:,.2f}".removesuffix(".00")
    return text.translate(str.maketrans(",.", ".,"))


def rupiah(amount: Number) -> str:
    """Rp5.000.000; sen are shown only where there are some."""
    return f"Rp{grouped_amount(amount)}"


def short_rupiah(amount: Number) -> str:
    """A large sum at a glance: Rp1,5 M is a thousand and a half million (miliar), Rp250 jt are 250 million (juta)."""
    for size, unit in SIZES:
        if abs(Decimal(str(amount))) >= size:
            text = grouped_amount(round(Decimal(str(amount)) / size, 1))
            return f"Rp{text.rstrip('0') if ',' in text else text} {unit}"
    return rupiah(amount)


def percentage(share: Number, decimal_places: int = 2) -> str:
    """A share of one as a percentage in the language of the screen: 19,17%."""
    rounded = round(Decimal(str(share)) * 100, decimal_places)  # number_format cuts digits off, it does not round
    return f"{number_format(rounded, decimal_places)}%"


def exact_percentage(share: Decimal) -> str:
    """As `percentage`, with as many digits as the share has: 15%, 2,5%."""
    percent = (share * 100).normalize()
    return percentage(share, max(0, -int(percent.as_tuple().exponent)))


def signed(points: int) -> str:
    """Points with their sign, which is a real minus."""
    return f"+{points}" if points > 0 else f"{points}".replace("-", "−")  # noqa: RUF001 a minus sign is meant


def masked_phone(phone: str) -> str:
    """Enough to tell two numbers apart: 0812••••••89. Of a short one nothing is left."""
    return masked(phone)

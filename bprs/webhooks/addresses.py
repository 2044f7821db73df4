"""Where a webhook may go: to a public address over https, and nowhere inside the bank."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from bprs.errors import DomainError

LONGEST_URL = 500
HTTPS_PORT, FIRST_FREE_PORT = 443, 1024
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64, _SIX_TO_FOUR = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")
# Special by IANA's registries; that Python's own `is_global` knows them all depends on its patch release.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/23"),  # Teredo and other protocol assignments
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)


class UrlRefused(DomainError):
    code = "url_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fields={"url": sentence})


def is_public(address: str) -> bool:
    """Whether this is an address of the internet at large; one that carries an IPv4 address in it is what that one is."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return _is_global(ip)
    carried = _carried(ip)
    return _is_global(carried) if carried else ip in _GLOBAL_UNICAST and _is_global(ip)


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """
    Take the address of a webhook apart.

    :param allow_private: for trying things out: plain http and addresses of this network are taken, too
    :raises UrlRefused: if nothing would be sent there, as far as that shows before its name is resolved
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST_URL:
        raise UrlRefused(_("Write the address in plain letters, without spaces, at most 500 of them."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlRefused(_("This is not an address.")) from None
    _check_parts(parts, allow_private=allow_private)
    if not (port is None or port == HTTPS_PORT or port >= FIRST_FREE_PORT):
        raise UrlRefused(_("The port must be 443, or 1024 and above."))
    return parts


def _check_parts(parts: SplitResult, *, allow_private: bool) -> None:
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise UrlRefused(_("The address must begin with https:// and name a host."))
    if "@" in parts.netloc or parts.fragment:
        raise UrlRefused(_("The address must hold no user name, no password and no #."))
    if not allow_private and _is_known_private(parts.hostname):
        raise UrlRefused(not_public(parts.hostname))


def not_public(address: str) -> str:
    return _("%(address)s is not a public address: webhooks go to the internet only.") % {"address": address}


def _is_known_private(host: str) -> bool:
    """Of an address in figures; what a name leads to shows when something is sent."""
    try:
        return not is_public(host)
    except ValueError:
        return host.rstrip(".") == "localhost"


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SPECIAL)


def _carried(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or (ip.sixtofour if ip in _SIX_TO_FOUR else None)

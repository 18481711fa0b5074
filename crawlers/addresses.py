"""Which network addresses a crawl may connect to: public ones, and what a local source declares."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa")


def is_private_address(address: str) -> bool:
    """Tell whether an IP address is not on the public internet; false for what is no address."""
    try:
        parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    if mapped is not None:
        parsed = mapped
    return not parsed.is_global or parsed.is_multicast


def is_private_host(host: str) -> bool:
    """Tell whether a host, by its name or number alone, lies on this machine or in a private network.

    Forms that a resolver would also take for a number (`127.1`, `0x7f000001`, `2130706433`) count as
    private: no real site is named so.
    """
    host = host.strip("[]").rstrip(".").lower()
    if host in _LOCAL_NAMES or host.endswith(_LOCAL_ENDINGS):
        return True
    last = host.rsplit(".", 1)[-1]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return last.isdigit() or last.startswith("0x")
    return is_private_address(host)


def is_web_url(url: str) -> bool:
    """Tell an http or https URL with a host, and with no port or a possible one, from anything else."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def netloc(url: str) -> tuple[str, int]:
    """Return host and port of a URL, with the scheme's usual port where it names none.

    Raises:
        ValueError: the port is no number.
    """
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)

"""Reasons of our own for which a request is not sent or its answer not taken."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class AddressRefusedError(IgnoreRequest):
    """A request to an address that this source may not connect to."""


class BodyRefusedError(IgnoreRequest):
    """A body that is too large or cut off."""


class NotRenderedError(IgnoreRequest):
    """A page that Chromium could not show."""


class RobotsRefusedError(IgnoreRequest):
    """A page that robots.txt forbids."""


class RobotsUnreadableError(IgnoreRequest):
    """A page that may be forbidden: robots.txt could not be had (RFC 9309, 2.3.1.4)."""


class HostClosedError(IgnoreRequest):
    """A page of a host that asked for a longer wait than a run may take."""

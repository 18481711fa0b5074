"""Stop a crawl whose own memory grows beyond its limit."""

from __future__ import annotations

import os
from pathlib import Path

from scrapy.extensions.memusage import MemoryUsage

_STATM = Path("/proc/self/statm")


class OwnMemory(MemoryUsage):
    """Scrapy's memory limit, by what this process holds now.

    Scrapy asks for the peak (ru_maxrss), which Linux hands down from the process that started this one:
    beneath a large parent a crawl would end before its first page.
    """

    def get_virtual_size(self) -> int:
        """Return the resident memory in bytes; Scrapy's peak where the system does not tell."""
        try:
            pages = int(_STATM.read_text(encoding="ascii").split()[1])
        except OSError:
            return super().get_virtual_size()
        return pages * os.sysconf("SC_PAGE_SIZE")

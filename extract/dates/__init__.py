"""Dates in running text: found, read and resolved in English and Chinese.

Both languages go through the same stages with different data (`rules/<lang>/dates*.toml`):
fold -> scan (spans) -> read (partial expression) -> join (ranges) -> resolve (calendar) -> role.
"""

from extract.dates.find import find_dates, infer_reference, read_dates
from extract.dates.records import DateMention, DateRole

__all__ = ["DateMention", "DateRole", "find_dates", "infer_reference", "read_dates"]

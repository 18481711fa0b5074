"""What a fact says, as columns."""

from __future__ import annotations

from extract.records import Fact, PartialDate, Precision


def fact_values(fact: Fact) -> dict[str, object]:
    """What the fact says, as columns."""
    return {
        "platform": fact.platform, "surface": fact.surface, "target": fact.target, "region": fact.region,
        "action": fact.action, "stage": fact.stage, **date_columns(fact.effective_from, fact.effective_to),
    }  # fmt: skip


def date_columns(start: PartialDate | None, end: PartialDate | None) -> dict[str, object]:
    """Start as its first day and end as its last day, each with its precision."""
    return {
        "effective_from": start.first if start else None,
        "from_precision": Precision(start.precision) if start else None,
        "effective_to": end.last if end else None,
        "to_precision": Precision(end.precision) if end else None,
    }

"""The request that a crawl process is given; imports nothing heavy, for its caller's sake."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from crawlers.records import CrawlState
from crawlers.settings import Limits


@dataclass(frozen=True, slots=True)
class Job:
    """What a crawl process is asked to do.

    Attributes:
        source: path of the declaration.
        archive: directory of the archive files.
        report: file that the report is written to.
        run_id: of the run this crawl belongs to.
        started_at: UTC; names the archive file.
        state: known pages.
        contact: URL or address in the user agent, where site owners can complain.
    """

    source: Path
    archive: Path
    report: Path
    run_id: str
    started_at: datetime
    state: CrawlState = field(default_factory=CrawlState)
    limits: Limits = field(default_factory=Limits)
    contact: str = ""

    def to_json(self) -> str:
        """Return one JSON object."""
        plain = {"source": str(self.source), "archive": str(self.archive), "report": str(self.report)}
        rest = {"run_id": self.run_id, "started_at": self.started_at.isoformat(), "contact": self.contact}
        return json.dumps(plain | rest | {"state": self.state.to_dict(), "limits": asdict(self.limits)})

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Read `to_json`'s value.

        Raises:
            ValueError: the text is no JSON, or lacks or misnames a field.
        """
        try:
            data = json.loads(text)
            return cls(
                source=Path(data["source"]),
                archive=Path(data["archive"]),
                report=Path(data["report"]),
                run_id=data["run_id"],
                started_at=datetime.fromisoformat(data["started_at"]),
                state=CrawlState.from_dict(data.get("state", {})),
                limits=Limits(**data.get("limits", {})),
                contact=data.get("contact", ""),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a crawl request: {error}") from None

"""A change in words that can be acted on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flows.errors import InputError
from flows.messages import (
    _FIELDS,
    check_template,
    compose,
    effective_text,
    headline_of,
    service_name,
    state_text,
)
from flows.routing import Severity
from tests.flows.changes import ALLOW, BLOCK, CHANGE, REVERSED, TODAY

MONTH = replace(BLOCK, from_precision="month")
UNDATED = replace(BLOCK, from_precision="by")


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        (CHANGE, "Kuaishou blocks Taobao links in live rooms from 1 March 2022"),
        (REVERSED, "Kuaishou allows Taobao links in live rooms from 28 October 2022 until 31 December 2022"),
        (replace(CHANGE, after=MONTH), "Kuaishou blocks Taobao links in live rooms from March 2022"),
        (replace(CHANGE, after=UNDATED), "Kuaishou blocks Taobao links in live rooms"),
        (
            replace(CHANGE, surface="all", target="external", region="US"),
            "Kuaishou blocks outside links from 1 March 2022 (US)",
        ),
        (
            replace(CHANGE, stage="trial"),
            "Kuaishou tries out blocking Taobao links in live rooms from 1 March 2022",
        ),
        (
            replace(
                CHANGE, kind="rescheduled", before=BLOCK, after=replace(BLOCK, valid_from=date(2022, 4, 1))
            ),
            "New date: Kuaishou blocks Taobao links in live rooms from 1 April 2022",
        ),
        (
            replace(CHANGE, kind="ended", before=ALLOW, after=None),
            "Ended: Kuaishou: Taobao links in live rooms no longer allowed from 1 January 2023",
        ),
        (
            replace(CHANGE, kind="corrected", before=BLOCK, after=None),
            "Correction: withdrawn: Kuaishou blocks Taobao links in live rooms from 1 March 2022",
        ),
    ],
)
def test_headline(change: object, headline: str) -> None:
    assert headline_of(change) == headline  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    ["Amazon", "Google", "Taobao", "WeChat", "YouTube", "Kuaishou", "Booking.com", "WeCom", "The Guardian"],
)
def test_a_service_is_called_by_its_own_name_not_by_a_branch_of_it(name: str) -> None:
    assert service_name(name.lower().replace(" ", "_").replace(".", "_")) == name


def test_states_say_what_is_not_known() -> None:
    assert state_text(None) == "nothing known"
    assert state_text(UNDATED) == "blocked since 1 March 2022 at the latest"
    assert state_text(ALLOW) == "allowed from 28 October 2022 until 31 December 2022"
    assert effective_text(replace(CHANGE, after=MONTH)) == "March 2022 (day not known)"


def test_the_body_has_all_that_a_receiver_needs() -> None:
    message = compose("alert-1", REVERSED, TODAY)
    for part in (
        "Kuaishou allows Taobao links in live rooms",
        "blocked from 1 March 2022",
        "28 October 2022",
        "decided",
        "everywhere",
        "2 independent, the platform's own notice",
        "3月1日起，直播间购物车不再支持淘宝联盟的链接",
        "https://notices.example/20220222",
        "kuaishou_notices (notice), published 2022-02-22",
        "kuaishou_notices-20220222T031500000000.warc.gz, record at byte 1234",
        "linkpolicy review reject 0b5e4c0e-0000-0000-0000-000000000001",
        "alert-1",
    ):
        assert part in message.body
    assert message.thread == CHANGE.change_id
    assert message.severity is Severity.NOTICE
    assert message.facts["after"]["valid_from"] == "2022-10-28"


def test_a_doubtful_reading_is_marked() -> None:
    doubtful = replace(CHANGE, evidence=(replace(CHANGE.evidence[0], confidence=0.31),))
    message = compose("alert-1", doubtful, TODAY)
    assert message.headline.endswith("from 1 March 2022 (doubtful reading)")
    assert "31% likely to be read right, read the evidence before you act" in message.body
    assert message.facts["confidence"] == 0.31
    sure = replace(CHANGE, evidence=(*doubtful.evidence, *CHANGE.evidence))
    assert "doubtful" not in compose("alert-1", sure, TODAY).headline


def test_a_template_is_checked_without_an_alert(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(" ".join(f"${name}" for name in _FIELDS), encoding="utf-8")
    check_template(path)
    assert "$" not in compose("a", CHANGE, TODAY, path).body, "what the check lets pass can be written"
    path.write_text("$unknown", encoding="utf-8")
    with pytest.raises(InputError) as alerted:
        compose("a", CHANGE, TODAY, path)
    with pytest.raises(InputError) as checked:
        check_template(path)
    assert str(checked.value) == str(alerted.value), "both know the same fields"
    for wrong in (b"$alert", b"100 $", b"\xff"):
        path.write_bytes(wrong)
        with pytest.raises(InputError, match=r"t\.txt: ") as caught:
            check_template(path)
        assert "\n" not in str(caught.value)


def test_the_template_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("!! $headline\n", encoding="utf-8")
    body = compose("alert-1", CHANGE, TODAY, path).body
    assert body == "!! Kuaishou blocks Taobao links in live rooms from 1 March 2022\n"
    path.write_text("$headline $colour", encoding="utf-8")
    with pytest.raises(InputError, match="colour"):
        compose("alert-1", CHANGE, TODAY, path)

"""What is worth an alert and where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from flows.errors import InputError
from flows.routing import ChannelType, Severity, effective_day, load_routes, severity_of
from flows.settings import Settings
from tests.flows.changes import ALLOW, BLOCK, CHANGE, EVIDENCE, REVERSED

NOW = datetime(2022, 2, 22, 3, 20)  # noqa: DTZ001

ROUTES = """
[channels.desk]
type = "webhook"
url = "https://hooks.example/linkpolicy"
secret = "${LINKPOLICY_HOOK_SECRET}"

[channels.mail]
type = "apprise"
url = "mailto://example"
quiet = "22:00-07:00"
timezone = "Asia/Shanghai"
digest = true

[[routes]]
channels = ["desk", "mail"]
platform = ["kuaishou"]
action = "block"
severity = "notice"

[[routes]]
channels = "mail"
source_kind = "notice"
stage = ["decided", "trial"]
"""


def settings_with(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "alerts.toml"
    path.write_text(text, encoding="utf-8")
    return Settings(data=tmp_path, alerts=path)


def test_without_a_file_all_goes_to_console_and_file(tmp_path: Path) -> None:
    routes = load_routes(Settings(data=tmp_path))
    assert routes.channels_for(CHANGE, NOW) == ("console", "file")
    assert routes.channels["file"].type is ChannelType.FILE


@pytest.mark.parametrize("kind", ["technical", "took_effect"])
def test_other_kinds_of_change_alert_nobody(tmp_path: Path, kind: str) -> None:
    assert load_routes(Settings(data=tmp_path)).channels_for(replace(CHANGE, kind=kind), NOW) == ()


@pytest.mark.parametrize("stage", ["trial", "proposed"])
def test_trials_and_rumours_alert_nobody_unless_asked_for(tmp_path: Path, stage: str) -> None:
    assert load_routes(Settings(data=tmp_path)).channels_for(replace(CHANGE, stage=stage), NOW) == ()


def test_a_trial_goes_where_trials_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKPOLICY_HOOK_SECRET", "s3cret")
    routes = load_routes(settings_with(tmp_path, ROUTES))
    assert routes.channels_for(replace(CHANGE, stage="trial"), NOW) == ("mail",)


def test_a_route_may_ask_for_sure_readings(tmp_path: Path) -> None:
    text = '[channels.log]\ntype = "console"\n[[routes]]\nchannels = "log"\nconfidence = 0.5\n'
    routes = load_routes(settings_with(tmp_path, text))
    doubtful = replace(EVIDENCE, confidence=0.49)
    assert routes.channels_for(replace(CHANGE, evidence=(doubtful,)), NOW) == ()
    assert routes.channels_for(replace(CHANGE, evidence=(doubtful, EVIDENCE)), NOW) == ("log",)


def test_history_alerts_nobody(tmp_path: Path) -> None:
    routes = load_routes(Settings(data=tmp_path, alert_max_age_days=90))
    assert routes.channels_for(CHANGE, datetime(2022, 5, 30)) == ("console", "file")  # noqa: DTZ001
    assert routes.channels_for(CHANGE, datetime(2022, 5, 31)) == ()  # noqa: DTZ001


def test_each_channel_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKPOLICY_HOOK_SECRET", "s3cret")
    routes = load_routes(settings_with(tmp_path, ROUTES))
    assert routes.channels_for(CHANGE, NOW) == ("desk", "mail")
    assert routes.channels_for(replace(CHANGE, platform="douyin"), NOW) == ("mail",)
    assert routes.channels_for(replace(CHANGE, evidence=(replace(EVIDENCE, kind="news"),)), NOW) == (
        "desk",
        "mail",
    )
    assert routes.channels_for(REVERSED, NOW) == ("mail",)  # it allows: the first route wants blocks
    assert routes.channels["desk"].secret == "s3cret"  # noqa: S105
    assert "s3cret" not in repr(routes)


def test_quiet_hours_are_local_and_may_span_midnight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKPOLICY_HOOK_SECRET", "s3cret")
    mail = load_routes(settings_with(tmp_path, ROUTES)).channels["mail"]
    assert mail.is_quiet(datetime(2022, 2, 22, 15, 0))  # noqa: DTZ001 - 23:00 in Shanghai
    assert mail.is_quiet(datetime(2022, 2, 22, 22, 59))  # noqa: DTZ001
    assert not mail.is_quiet(datetime(2022, 2, 22, 23, 0))  # noqa: DTZ001 - 07:00 in Shanghai


def test_what_makes_a_difference_soon_is_urgent() -> None:
    assert severity_of(CHANGE, date(2022, 2, 22)) is Severity.URGENT
    assert severity_of(CHANGE, date(2022, 2, 1)) is Severity.NOTICE
    assert severity_of(replace(CHANGE, kind="confirmed"), date(2022, 3, 1)) is Severity.INFO


def test_the_effective_day_of_a_moved_end_is_the_new_end() -> None:
    moved = replace(REVERSED, before=replace(ALLOW, valid_to=date(2022, 12, 1)), after=ALLOW)
    assert effective_day(moved) == ALLOW.valid_to
    assert effective_day(replace(CHANGE, before=BLOCK, after=None)) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[channels", "is not TOML"),
        ("colour = 1", "colour: unknown key"),
        (
            "[channels.a]\ntype = 'pigeon'\n[[routes]]\nchannels='a'",
            "channels.a.type: must be one of console, file",
        ),
        ("[channels.a]\ntype = 'webhook'\n[[routes]]\nchannels='a'", "channels.a.url: is required"),
        (
            "[channels.a]\ntype = 'console'\nurl = 'x'\n[[routes]]\nchannels='a'",
            "channels.a.url: is not for type",
        ),
        (
            "[channels.a]\ntype = 'console'\n[[routes]]\nchannels='b'",
            "routes[0].channels: 'b' is not allowed",
        ),
        ("[channels.a]\ntype = 'console'\n[[routes]]\nplatform='b'", "routes[0].channels: is required"),
        (
            "[channels.a]\ntype = 'console'\nquiet='late'\n[[routes]]\nchannels='a'",
            'must be like "22:00-07:00"',
        ),
        (
            "[channels.a]\ntype = 'console'\nquiet='22:00Z-08:00Z'\n[[routes]]\nchannels='a'",
            'channels.a.quiet: must be like "22:00-07:00"; `timezone` names the zone',
        ),
        (
            "[channels.a]\ntype = 'webhook'\nurl='https://[hooks.example/x'\n[[routes]]\nchannels='a'",
            "channels.a.url: is no URL",
        ),
        (
            "[channels.a]\ntype = 'apprise'\nurl='slack://[tokens/x'\n[[routes]]\nchannels='a'",
            "channels.a.url: is no URL",
        ),
        (
            "[channels.a]\ntype = 'console'\ntimezone='Asia'\n[[routes]]\nchannels='a'",
            "channels.a.timezone: unknown time zone 'Asia'",
        ),
        (
            "[channels.a]\ntype = 'console'\ntimezone='Mars'\n[[routes]]\nchannels='a'",
            "unknown time zone 'Mars'",
        ),
        (
            "[channels.a]\ntype = 'console'\n[[routes]]\nchannels='a'\nconfidence=50",
            "routes[0].confidence: must be a number from 0 to 1, not 50",
        ),
        ("[channels.a]\ntype = 'console'", "routes: must be a list"),
        (
            "[channels.a]\ntype='apprise'\nurl='slack://${LINKPOLICY_NOT_SET}'\n[[routes]]\nchannels='a'",
            "channels.a.url: environment variable LINKPOLICY_NOT_SET is not set",
        ),
        (
            "[channels.a]\ntype='webhook'\nurl='ftp://x'\n[[routes]]\nchannels='a'",
            "channels.a.url: must begin with https://",
        ),
        (
            "[channels.a]\ntype='webhook'\nurl='http://'\n[[routes]]\nchannels='a'",
            "channels.a.url: names no host",
        ),
        ("[channels.a]\ntype='apprise'\nurl='x'\n[[routes]]\nchannels='a'", "must be a URL of Apprise"),
        (
            "[channels.a]\ntype='console'\n[[routes]]\nchannels='a'\nplatform='kuaishu'",
            "routes[0].platform: no platform has the slug 'kuaishu'; did you mean 'kuaishou'?",
        ),
        (
            "[channels.a]\ntype='console'\n[[routes]]\nchannels='a'\ntarget=['jd', 'JD.com']",
            "routes[0].target: no target has the slug 'JD.com'",
        ),
    ],
)
def test_a_wrong_file_is_told_by_file_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        load_routes(settings_with(tmp_path, text))
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)

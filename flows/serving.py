"""The schedule on one machine: both flows served from one process, with a Prefect server if none is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from prefect import serve as serve_deployments
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.types.entrypoint import EntrypointType

from flows.apiserver import api_server
from flows.nightly import deliver_alerts, nightly
from flows.settings import Settings

_PORT = 4200
_HOURLY = "45 * * * *"


def deployments(settings: Settings) -> tuple[RunnerDeployment, RunnerDeployment]:
    """Return the two deployments: the night by the settings' cron, and an hourly delivery."""
    chosen = settings.model_copy(update={"data": settings.data.absolute()})
    common: dict[str, Any] = {
        "entrypoint_type": EntrypointType.MODULE_PATH,
        "parameters": {"settings": chosen.model_dump(mode="json")},
    }
    night = Cron(settings.cron, timezone=settings.timezone)
    hour = Cron(_HOURLY, timezone=settings.timezone)
    return (
        nightly.to_deployment("nightly", schedule=night, **common),  # type: ignore[return-value]
        deliver_alerts.to_deployment("hourly", schedule=hour, **common),
    )


def serve(settings: Settings, say: Callable[[str], None], port: int = _PORT) -> None:
    """Run both flows by their schedules until the process is told to stop.

    Args:
        settings: of this machine.
        say: shows one line to the operator.
        port: of the server that is started if none is named (PREFECT_API_URL).

    Raises:
        FailedError: no server could be started.
    """
    named = PREFECT_API_URL.value()
    if named:
        say(f"Prefect server: {named}")
        _serve(settings, say)
        return
    with api_server(port) as server, temporary_settings({PREFECT_API_URL: f"{server.address}/api"}):
        server.wait()
        say(f"Prefect server: {server.address} (started here; PREFECT_API_URL names another)")
        _serve(settings, say)


def _serve(settings: Settings, say: Callable[[str], None]) -> None:
    night, hour = deployments(settings)
    say(
        f"Nights: {settings.cron} ({settings.timezone}); delivery: {_HOURLY}; "
        f"data: {settings.data.absolute()}"
    )
    say("Stop with Ctrl-C or SIGTERM.")
    # Prefect's runner forgets to await its own stop when it is told to end.
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop' was never awaited")
    serve_deployments(night, hour, print_starting_message=False)

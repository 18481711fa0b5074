"""The schedule on one machine: both flows served from one process, with a Prefect server if none is named."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from prefect import serve as serve_deployments
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.types.entrypoint import EntrypointType

from flows.errors import FailedError
from flows.nightly import deliver_alerts, nightly
from flows.settings import Settings

_HOST, _PORT = "127.0.0.1", 4200
_PATIENCE = 300.0  # seconds that a server may take to start: the first time it builds its database
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
    with _server(port) as address, temporary_settings({PREFECT_API_URL: f"{address}/api"}):
        say(f"Prefect server: {address} (started here; PREFECT_API_URL names another)")
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


@contextmanager
def _server(port: int) -> Iterator[str]:
    """Start a Prefect server, wait until it answers, and stop it in the end."""
    address = f"http://{_HOST}:{port}"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", _HOST, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise FailedError(f"the Prefect server did not start at {address}; is the port taken?")
        try:
            if httpx.get(f"{address}/api/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise FailedError(f"the Prefect server at {address} did not answer within {_PATIENCE:.0f} s")

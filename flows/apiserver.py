"""A Prefect server of our own in a process beside us: started early, gone when we are, whatever ends us.

Prefect starts one itself where none is named, but late, with an import of all its server code into this
process, and leaves it behind when this process is killed. Run as a module, this file is that server.
"""

from __future__ import annotations

import atexit
import gc
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from flows.errors import FailedError
from flows.settings import calm_prefect, environment_with, prefect_variable, tell_prefect

HOST = "127.0.0.1"
_PATIENCE = 300.0  # seconds that a server may take to start: the first time it builds its database
_CLOSING = 5.0  # seconds that open requests get when it stops
_NAMED = re.compile(r"PREFECT_API_URL|^\[tool\.prefect", re.MULTILINE)


def provide_api() -> None:
    """See that flows find an API: the one that the user named, else a temporary server until we exit.

    Call this before Prefect is imported: the import and the start of the server then go side by side.

    Raises:
        FailedError: the server could not be started.
    """
    calm_prefect()
    if _named_address():
        return
    held = ExitStack()
    # Registered before Prefect's own exits, so run after them: they send what is left of the logs.
    atexit.register(held.close)
    server = held.enter_context(api_server(temporary=True))
    tell_prefect(PREFECT_API_URL=f"{server.address}/api")
    import prefect.flows  # noqa: F401 - while the server starts

    server.wait()


def _named_address() -> str:
    """Return the API's address that the user's environment, profile or project names, or nothing."""
    if address := prefect_variable("PREFECT_API_URL"):
        return address
    home = Path(prefect_variable("PREFECT_HOME", "~/.prefect")).expanduser()
    profiles = Path(prefect_variable("PREFECT_PROFILES_PATH", home / "profiles.toml"))
    files = (profiles, Path("prefect.toml"), Path(".env"), Path("pyproject.toml"))
    if not any(path.is_file() and _NAMED.search(path.read_text("utf-8", "replace")) for path in files):
        return ""
    # Which of them counts is for Prefect to say; in another process, for it reads them only once.
    ask = "from prefect.settings import PREFECT_API_URL; print(PREFECT_API_URL.value() or '')"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ask], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


class Server:
    """A server process and how to reach it.

    Attributes:
        address: scheme, host and port.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, errors: IO[bytes]) -> None:
        self.address = f"http://{HOST}:{port}"
        self._port = port
        self._process = process
        self._errors = errors

    def wait(self) -> None:
        """Wait until the server answers.

        Raises:
            FailedError: it does not.
        """
        connection = http.client.HTTPConnection(HOST, self._port, timeout=_PATIENCE)
        try:
            # The socket listens already: the answer comes when the server has started.
            connection.request("GET", "/api/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        raise FailedError(f"the Prefect server did not start: {self._last_words()}")

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else f"no answer at {self.address}"


@contextmanager
def api_server(port: int = 0, *, temporary: bool = False) -> Iterator[Server]:
    """Start a server and stop it in the end; it also stops when this process dies of whatever cause.

    Args:
        port: on this machine, 0 for any that is free.
        temporary: for one command: no user interface, no scheduler.

    Raises:
        FailedError: the port is taken.
    """
    with tempfile.TemporaryFile() as errors:
        with _listening(port) as listener:
            process = _start(listener, errors, temporary=temporary)
            server = Server(process, listener.getsockname()[1], errors)
        try:
            yield server
        finally:
            assert process.stdin is not None  # noqa: S101 - it was asked for
            process.stdin.close()  # which tells it to stop
            try:
                process.wait(timeout=_CLOSING * 2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise FailedError(
                f"the Prefect server cannot use port {port}: {error.strerror}; --port names another"
            ) from None
        listener.listen(128)
        yield listener


def _start(listener: socket.socket, errors: IO[bytes], *, temporary: bool) -> subprocess.Popen[bytes]:
    own = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"} if temporary else {}
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "flows.apiserver", str(listener.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=environment_with(**own),
        pass_fds=[listener.fileno()],
        start_new_session=True,  # Ctrl-C is for us; the server is needed until the run has been closed
    )


def main(descriptor: int) -> None:
    """Serve on a listening socket until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    calm_prefect()
    tell_prefect(PREFECT__SERVER_FINAL="1")
    gc.disable()  # what follows is kept: to look through it again and again is a quarter of the start
    import uvicorn
    from prefect.server.api.server import create_app

    if prefect_variable("PREFECT__SERVER_EPHEMERAL"):
        _take_write_lock_first()
    app = create_app()
    gc.freeze()
    gc.enable()
    config = uvicorn.Config(
        app,
        log_level="error",
        # By default a connection is closed after 5 idle seconds. Prefect's client takes that for a failure
        # and waits 2 s before it asks again: at each stage of a night that follows a longer one.
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_stop_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=descriptor)])


def _take_write_lock_first() -> None:
    """Let the server's transactions on SQLite begin by taking the write lock, for which they wait.

    They begin as readers otherwise, and one that comes to write while another has written fails at once;
    Prefect's client then waits 2 s before it asks again, at most stages of a night.

    Only for a temporary server, which is ours alone; what a full one does is left to Prefect.
    """
    from prefect.server.database.configurations import AioSqliteConfiguration

    begin = AioSqliteConfiguration.begin_transaction
    AioSqliteConfiguration.begin_transaction = (  # type: ignore[method-assign]
        lambda self, session, with_for_update=True: begin(self, session, with_for_update=True)  # noqa: ARG005
    )


def _stop_with_parent(server: object) -> None:
    """Close the server when the process that holds the other end of standard input is done or dead."""
    sys.stdin.buffer.read()
    server.should_exit = True  # type: ignore[attr-defined]
    threading.Event().wait(_CLOSING)
    os._exit(0)  # a service of the server that hangs


if __name__ == "__main__":
    main(int(sys.argv[1]))

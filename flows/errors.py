"""How a command ends when it does not end well: one line on stderr and an exit code."""

from __future__ import annotations


class CommandError(Exception):
    """Ends a command with its message as the one line on stderr.

    Attributes:
        exit_code: 1 done but something failed, 2 bad input.
    """

    exit_code = 1


class InputError(CommandError):
    """Bad input: a file, a line, a key, a setting or a directory that cannot be used."""

    exit_code = 2


class StateError(InputError):
    """A file of the program's own in `state/` holds something else than it should."""


class BusyError(CommandError):
    """Another run is going on and this one was told to leave; nothing was done."""


class FailedError(CommandError):
    """Done as far as possible, but something failed; the message says what."""

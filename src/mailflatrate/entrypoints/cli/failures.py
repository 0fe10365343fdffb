"""What an operator reads when a command fails for a reason outside the program: one line instead of a traceback."""

import errno
import sys
from collections.abc import Iterator
from types import ModuleType

_LONGEST = 400
_NO_PLACE = ("08", "28", "3D", "57P", "53")
"""SQLSTATE classes of a server that can't be used: no connection, no entry, no database, shutting down, no room."""


def explain(error: BaseException) -> str | None:
    """Return one line about a database that can't be used, or a port that is taken; None for any other failure."""
    for cause in _chain(error):
        sentence = _settings(cause) or _database(cause) or _port(cause)
        if sentence:
            return sentence
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _loaded(name: str) -> ModuleType | None:
    """Return a module if it is loaded: what it raises, it has loaded, and loading it would cost a command time."""
    return sys.modules.get(name)


def _settings(error: BaseException) -> str:
    schema = _loaded("mailflatrate.settings.schema")
    return str(error) if schema is not None and isinstance(error, schema.SettingsError) else ""


def _database(error: BaseException) -> str:
    embedded, psycopg = _loaded("mailflatrate.settings.postgres"), _loaded("psycopg")
    if embedded is not None and isinstance(error, (embedded.DatabaseFailed, embedded.DatabaseInUse)):
        return f"the embedded database doesn't run: {_one_line(str(error).partition(chr(10))[0])}"
    if psycopg is None or not isinstance(error, psycopg.OperationalError):
        return ""
    message = _one_line(str(error))
    if error.sqlstate is not None and not error.sqlstate.startswith(_NO_PLACE):
        return ""
    if "password authentication failed" in message:
        fix = "Correct the password in DATABASE_URL (the owner's) or MAILFLATRATE_APP_DATABASE_URL (the application's)."
        return f"the database refuses the password: {message} {fix}"
    if "does not exist" in message:
        return f"the server has no such database or role: {message} Create it, or correct DATABASE_URL."
    return f"the database can't be reached: {message} Start it, or correct DATABASE_URL."


def _port(error: BaseException) -> str:
    if not isinstance(error, OSError) or error.errno != errno.EADDRINUSE:
        return ""
    return f"a port is already in use: {_one_line(str(error))}. Stop the program that uses it, or choose another port."


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

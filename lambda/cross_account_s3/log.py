"""Logging that cannot fail an invocation."""

from __future__ import annotations

import logging

_LOGGER = logging.getLogger("cross_account_s3")
# Names that logging itself refuses in `extra` (KeyError), and those that Lambda's JSON formatter drops silently.
_TAKEN = frozenset(vars(logging.makeLogRecord({}))) | {
    "asctime",
    "errorMessage",
    "errorType",
    "location",
    "message",
    "requestId",
    "stackTrace",
    "timestamp",
}


def emit(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one line: what happened, and its fields, which Lambda's JSON format puts beside it.

    A field becomes a string unless it is a string, an integer, a boolean or None: for anything else Lambda's formatter
    may raise, or write what is not JSON. A name that is taken gets an underscore.
    """
    if _LOGGER.isEnabledFor(level):
        extra = {f"{name}_" if name in _TAKEN else name: _plain(value) for name, value in fields.items()}
        # Not log(), which looks for the line of code that calls it: a third of its time, for what nobody reads.
        _LOGGER.handle(_LOGGER.makeRecord(_LOGGER.name, level, __file__, 0, event, (), None, extra=extra))


def _plain(value: object) -> str | int | None:
    if value is None or isinstance(value, int):
        return value
    text = str(value)
    # A lone surrogate cannot be encoded on its way out.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()

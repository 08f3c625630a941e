"""The Lambda function."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
import time

from cross_account_s3.config import from_environment
from cross_account_s3.errors import WriterError
from cross_account_s3.events import decode
from cross_account_s3.log import emit
from cross_account_s3.session import assume
from cross_account_s3.transfer import Destination


@functools.cache
def _destination() -> Destination:
    """Made by the first invocation and kept for the next ones, with its connections and credentials."""
    config = from_environment(os.environ)
    return Destination(assume(config).create_client("s3"), config)


def handler(event: object, context: object) -> dict[str, object]:
    """Write the object that a direct invocation asks for, and answer with what S3 has: the fields of Stored.

    Raises:
        WriterError: nothing was stored. Raised, never returned: Lambda's retries, metrics and failure destinations
            see nothing but an exception.
    """
    started = time.monotonic()
    try:
        [request] = decode(event)
        stored = _destination().put(request)
    except WriterError as error:
        emit("failed", level=logging.ERROR, stage=error.stage, error_code=error.error_code, error=error)
        raise
    answer = dataclasses.asdict(stored)
    emit("stored", **answer, duration_ms=round(1000 * (time.monotonic() - started)))
    return answer

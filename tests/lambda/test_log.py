"""One line per event, and never an exception."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest
from cross_account_s3.log import emit


def test_fields_stand_beside_the_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        emit("stored", key="inbox/a", size=3, version_id=None, fresh=True)

    [record] = caplog.records
    assert record.getMessage() == "stored"
    assert record.levelno == logging.INFO
    fields = vars(record)
    assert (fields["key"], fields["size"], fields["version_id"], fields["fresh"]) == ("inbox/a", 3, None, True)


@pytest.mark.parametrize("name", ["name", "args", "msg", "message", "errorType", "requestId", "timestamp", "asctime"])
def test_a_name_that_is_taken_gets_an_underscore(caplog: pytest.LogCaptureFixture, name: str) -> None:
    with caplog.at_level(logging.INFO):
        fields: dict[str, Any] = {name: "kept"}
        emit("stored", **fields)

    assert vars(caplog.records[0])[f"{name}_"] == "kept"


@pytest.mark.parametrize(
    "value",
    [b"\xff", {1, 2}, float("nan"), datetime.datetime.now(tz=datetime.UTC), ValueError("bad"), [object()], "\ud800"],
)
def test_any_value_becomes_what_json_can_hold(caplog: pytest.LogCaptureFixture, value: object) -> None:
    with caplog.at_level(logging.INFO):
        emit("stored", value=value)

    written = vars(caplog.records[0])["value"]
    assert isinstance(written, str)
    written.encode()


def test_a_percent_sign_is_no_format(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        emit("100%s", key="%d")

    assert caplog.records[0].getMessage() == "100%s"


def test_a_failure_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    emit("failed", level=logging.ERROR)

    assert caplog.records[0].levelname == "ERROR"

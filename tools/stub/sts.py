"""STS: AssumeRole."""

from __future__ import annotations

import itertools
import re
import time
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from tools.stub import xml
from tools.stub.wire import Answer, Body, Request, ServiceError

_ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)")


class Sessions:
    """The credentials that were handed out, and when they expire."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._expires: dict[str, float] = {}

    def begin(self, seconds: float) -> tuple[str, float]:
        """A new access key id, and its end in seconds of the epoch."""
        access_key = f"ASIASTUB{next(self._numbers):012d}"
        self._expires[access_key] = time.time() + seconds
        return access_key, self._expires[access_key]

    def check(self, access_key: str) -> None:
        """Refuse credentials of this stub that have expired; all others are welcome.

        Raises:
            ServiceError: ExpiredToken.
        """
        if self._expires.get(access_key, float("inf")) <= time.time():
            raise ServiceError(400, "ExpiredToken", "The provided token has expired.")


def assume_role(sessions: Sessions, body: Body, request_id: str, seconds: float | None) -> Answer:
    """Hand out credentials for ``seconds``, or for the DurationSeconds that are asked for.

    Raises:
        ServiceError: a parameter is missing or out of its bounds (AWS STS API Reference, AssumeRole).
    """
    parameters = dict(parse_qsl(body.incoming.data.decode()))
    if parameters.get("Action") != "AssumeRole":
        raise ServiceError(400, "InvalidAction", f"The stub has AssumeRole only, not {parameters.get('Action')}")
    role = _ROLE.fullmatch(parameters.get("RoleArn", ""))
    name = parameters.get("RoleSessionName", "")
    asked = int(parameters.get("DurationSeconds", "3600"))
    if role is None:
        raise ServiceError(400, "ValidationError", f"{parameters.get('RoleArn')} is invalid")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII):
        raise ServiceError(400, "ValidationError", f"Value {name!r} at 'roleSessionName' failed to satisfy constraint")
    if not 900 <= asked <= 43200:
        raise ServiceError(400, "ValidationError", f"Value {asked} at 'durationSeconds' failed to satisfy constraint")
    access_key, expires = sessions.begin(asked if seconds is None else seconds)
    account, role_name = role.groups()
    result = [
        xml.element(
            "Credentials",
            xml.text("AccessKeyId", access_key),
            xml.text("SecretAccessKey", f"secret-of-{access_key}"),
            xml.text("SessionToken", f"token-of-{access_key}"),
            xml.text("Expiration", datetime.fromtimestamp(expires, UTC).isoformat(timespec="milliseconds")),
        ),
        xml.element(
            "AssumedRoleUser",
            xml.text("AssumedRoleId", f"AROASTUB:{name}"),
            xml.text("Arn", f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}"),
        ),
    ]
    if "SourceIdentity" in parameters:
        result.append(xml.text("SourceIdentity", parameters["SourceIdentity"]))
    return xml.document(
        "AssumeRoleResponse",
        [
            xml.element("AssumeRoleResult", *result),
            xml.element("ResponseMetadata", xml.text("RequestId", request_id)),
        ],
    )


def refuse(error: ServiceError, _: Request, request_id: str) -> Answer:
    """An error as the query protocol has it."""
    side = "Sender" if error.status < 500 else "Receiver"
    inside = [xml.text("Type", side), xml.text("Code", error.code), xml.text("Message", error.message)]
    return xml.document(
        "ErrorResponse", [xml.element("Error", *inside), xml.text("RequestId", request_id)], error.status
    )

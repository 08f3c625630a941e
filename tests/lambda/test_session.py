"""Credentials of the assumed role, against accounts that answer for real and against STS answers of our own."""

from __future__ import annotations

import dataclasses
import datetime
import io
import threading
import time
import types
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.parsers import ResponseParserError
from cross_account_s3 import session as session_module
from cross_account_s3.config import Config
from cross_account_s3.deadline import Deadline, until
from cross_account_s3.errors import AssumeError, DeadlineError
from cross_account_s3.session import assume, own
from cross_account_s3.transfer import client
from urllib3 import HTTPResponse

CONFIG = Config(
    bucket="acme-inbound-mail",
    region="us-east-1",
    account_id="222222222222",
    role_arn="arn:aws:iam::222222222222:role/inbound-mail-s3-writer",
    external_id="acme/mail",
    source_identity=None,
    key_prefixes=("",),
    session_seconds=3600,
    session_name="inbound-mail",
)


class _Sts:
    """Stands in for the parent's STS: every call is kept, and answered with credentials of a given life."""

    def __init__(self, parent: Any, *, minutes: float = 60, error: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.options: list[Any] = []
        self._minutes = minutes
        self.error = error
        self.before_answer: Callable[[], object] = lambda: None
        create = parent.create_client

        def create_client(service: str, **options: Any) -> Any:
            client = create(service, region_name="eu-central-1", **options)
            self.options.append(client.meta)
            client.meta.events.register("before-call.sts.AssumeRole", self._answer)
            return client

        parent.create_client = create_client

    def _answer(self, params: Any, **_: Any) -> Any:
        self.calls.append(params["body"])
        self.before_answer()
        if self.error is not None:
            raise self.error
        expiry = vars(session_module)["datetime"].now(tz=datetime.UTC) + datetime.timedelta(minutes=self._minutes)
        credentials = {
            "AccessKeyId": f"ASIA{len(self.calls)}",
            "SecretAccessKey": "secret",
            "SessionToken": "token",
            "Expiration": expiry,
        }
        return AWSResponse("https://sts", 200, HTTPHeaders(), None), {
            "Credentials": credentials,
            "AssumedRoleUser": {"Arn": "arn", "AssumedRoleId": "id"},
        }


@pytest.fixture
def parent() -> Any:
    session = own()
    session.set_credentials("AKIA", "secret")
    session.set_config_variable("region", "eu-central-1")  # Lambda always says it
    return session


def test_nothing_is_called_until_a_request_is_signed(parent: Any) -> None:
    sts = _Sts(parent)

    session = assume(CONFIG, parent)
    client(session, CONFIG)

    assert sts.calls == []


def test_the_request_says_who_for_how_long_and_the_external_id(parent: Any) -> None:
    sts = _Sts(parent)

    _frozen(assume(CONFIG, parent))

    assert sts.calls == [
        {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": CONFIG.role_arn,
            "RoleSessionName": "inbound-mail",
            "DurationSeconds": 3600,
            "ExternalId": "acme/mail",
        }
    ]


def test_no_external_id_is_sent_where_none_is_configured(parent: Any) -> None:
    sts = _Sts(parent)

    _frozen(assume(dataclasses.replace(CONFIG, external_id=None), parent))

    assert "ExternalId" not in sts.calls[0]


def test_the_source_identity_is_sent_where_one_is_configured(parent: Any) -> None:
    sts = _Sts(parent)

    _frozen(assume(dataclasses.replace(CONFIG, source_identity="inbound-mail"), parent))

    assert sts.calls[0]["SourceIdentity"] == "inbound-mail"


def test_session_tags_are_sent_where_some_are_configured(parent: Any) -> None:
    sts = _Sts(parent)

    _frozen(assume(dataclasses.replace(CONFIG, session_tags={"team": "mail", "stage": ""}), parent))
    _frozen(assume(CONFIG, parent))

    sent = [{name: value for name, value in call.items() if name.startswith("Tags")} for call in sts.calls]
    assert sent == [
        {
            "Tags.member.1.Key": "team",
            "Tags.member.1.Value": "mail",
            "Tags.member.2.Key": "stage",
            "Tags.member.2.Value": "",
        },
        {},
    ]


def test_sts_is_regional_and_gives_up_in_time(parent: Any) -> None:
    sts = _Sts(parent)

    _frozen(assume(CONFIG, parent))

    [meta] = sts.options
    assert meta.endpoint_url == "https://sts.eu-central-1.amazonaws.com"
    assert (meta.config.connect_timeout, meta.config.read_timeout) == (2, 3)
    assert meta.config.retries["total_max_attempts"] == 3


def test_the_session_is_in_the_bucket_s_region(parent: Any) -> None:
    assert client(assume(CONFIG, parent), CONFIG).meta.region_name == "us-east-1"


def test_one_call_serves_many_requests_and_threads(parent: Any) -> None:
    sts = _Sts(parent)
    session = assume(CONFIG, parent)

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: _frozen(session), range(1000)))

    assert keys == {"ASIA1"}
    assert len(sts.calls) == 1


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many minutes pass for the credentials."""
    passed, really = 0.0, time.time

    def later(minutes: float) -> None:
        nonlocal passed
        passed += 60 * minutes

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(really() + passed, tz)

    clock = types.SimpleNamespace(**{**vars(time), "time": lambda: really() + passed})
    monkeypatch.setattr(session_module, "time", clock)
    monkeypatch.setattr(session_module, "datetime", Clock)
    return later


Later = Callable[[float], None]


def test_credentials_are_renewed_in_their_last_15_minutes(parent: Any, later: Later) -> None:
    sts = _Sts(parent)
    session = assume(CONFIG, parent)

    keys = [_frozen(session)]
    for minutes in (44, 2, 44, 2):
        later(minutes)
        keys.append(_frozen(session))

    assert keys == ["ASIA1", "ASIA1", "ASIA2", "ASIA2", "ASIA3"]
    assert len(sts.calls) == 3


def test_sessions_that_are_shorter_than_asked_for_are_renewed_once_a_minute(parent: Any, later: Later) -> None:
    sts = _Sts(parent, minutes=5)
    session = assume(CONFIG, parent)

    keys = [_frozen(session) for _ in range(10)]
    later(1.1)
    keys += [_frozen(session) for _ in range(10)]

    assert keys == ["ASIA1"] * 10 + ["ASIA2"] * 10
    assert len(sts.calls) == 2


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ServiceUnavailable"}}, "AssumeRole"),
        ConnectTimeoutError(endpoint_url="https://sts"),
        ResponseParserError("Unable to parse response: b'Service Unavailable'"),
        RuntimeError("nobody has seen this one"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_sts_answers_valid_credentials_are_used_to_their_end(
    parent: Any, later: Later, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    sts = _Sts(parent)
    session = assume(CONFIG, parent)
    assert _frozen(session) == "ASIA1"
    sts.error = error

    for _ in range(5):
        later(9.9)
        assert [_frozen(session) for _ in range(10)] == ["ASIA1"] * 10

    assert len(sts.calls) == 1 + 1  # at 49.5 minutes
    assert [record.getMessage() for record in caplog.records] == ["renewal_failed"]
    later(9.9)
    assert _frozen(session) == "ASIA1"
    assert len(sts.calls) == 1 + 2
    later(1)
    with pytest.raises(AssumeError, match=r"^assume\.\w+: cannot assume arn:aws:iam::222222222222:role/"):
        _frozen(session)


def test_one_thread_renews_and_the_others_do_not_wait_for_it(parent: Any, later: Later) -> None:
    sts = _Sts(parent)
    session = assume(CONFIG, parent)
    _frozen(session)
    later(50)
    asked, go = threading.Event(), threading.Event()
    sts.before_answer = lambda: asked.set() or go.wait(10)  # type: ignore[func-returns-value]

    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(_frozen, session)
        asked.wait(10)
        assert _frozen(session) == "ASIA1"
        go.set()
        assert renewing.result() == "ASIA2"

    assert _frozen(session) == "ASIA2"
    assert len(sts.calls) == 2


def test_time_that_runs_out_while_sts_is_asked_is_no_failure_of_sts(parent: Any) -> None:
    sts = _Sts(parent, error=ConnectTimeoutError(endpoint_url="https://sts"))
    session = assume(CONFIG, parent)
    soon = Deadline(0.05)
    sts.before_answer = lambda: time.sleep(0.1)

    with until(soon), pytest.raises(DeadlineError):
        _frozen(session)

    sts.error = None
    assert _frozen(session) == "ASIA2"  # the second call, in the next invocation, which does not inherit it


class _Refusals:
    """Answers the puts of a client: with this status and code for the keys of some sessions, else with 200."""

    def __init__(self, client: Any, status: int, code: str, refused: Sequence[str]) -> None:
        self._status, self._code, self._refused = status, code, refused
        self.keys: list[str] = []
        client.meta.events.register("before-send.s3.PutObject", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        key = str(request.headers["Authorization"]).partition("Credential=")[2].partition("/")[0]
        self.keys.append(key)
        if key not in self._refused:
            headers = HTTPHeaders.from_dict({"ETag": '"e"'})
            return AWSResponse(request.url, 200, headers, HTTPResponse(io.BytesIO(b""), preload_content=False))
        body = f"<Error><Code>{self._code}</Code><Message>No</Message></Error>".encode()
        headers = HTTPHeaders.from_dict({})
        return AWSResponse(request.url, self._status, headers, HTTPResponse(io.BytesIO(body), preload_content=False))


def _put(client: Any) -> None:
    client.put_object(Bucket="b", Key="k", Body=b"body")


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "ExpiredToken"), (400, "InvalidToken"), (403, "AccessDenied"), (403, "InvalidAccessKeyId")],
)
def test_a_session_that_was_ended_is_replaced_at_once(parent: Any, later: Later, status: int, code: str) -> None:
    sts = _Sts(parent)
    s3: Any = client(assume(CONFIG, parent), CONFIG)
    refusals = _Refusals(s3, status, code, ["ASIA1"])
    _frozen_of(s3)
    later(2)

    _put(s3)
    _put(s3)

    assert refusals.keys == ["ASIA1", "ASIA2", "ASIA2"]
    assert len(sts.calls) == 2


def test_what_is_denied_to_every_session_costs_one_call_of_sts_a_minute(parent: Any, later: Later) -> None:
    sts = _Sts(parent)
    s3: Any = client(assume(CONFIG, parent), CONFIG)
    refusals = _Refusals(s3, 403, "AccessDenied", ["ASIA1", "ASIA2", "ASIA3"])
    _frozen_of(s3)

    def denied(times: int) -> None:
        for _ in range(times):
            with pytest.raises(ClientError, match="AccessDenied"):
                _put(s3)

    denied(5)
    assert len(sts.calls) == 1  # a session that is new is not replaced
    later(1.1)
    denied(5)
    assert len(sts.calls) == 2
    assert len(refusals.keys) == 5 + 6  # one request was made again
    later(1.1)
    denied(5)
    assert len(sts.calls) == 3


def test_a_refusal_stands_where_sts_gives_no_new_session(parent: Any, later: Later) -> None:
    sts = _Sts(parent)
    s3: Any = client(assume(CONFIG, parent), CONFIG)
    _Refusals(s3, 403, "AccessDenied", ["ASIA1"])
    _frozen_of(s3)
    later(2)
    sts.error = ConnectTimeoutError(endpoint_url="https://sts")

    for _ in range(3):
        with pytest.raises(ClientError, match="AccessDenied"):
            _put(s3)

    assert len(sts.calls) == 2


def test_requests_that_are_refused_together_share_the_new_session(parent: Any, later: Later) -> None:
    sts = _Sts(parent)
    s3: Any = client(assume(CONFIG, parent), CONFIG)
    _Refusals(s3, 403, "AccessDenied", ["ASIA1"])
    _frozen_of(s3)
    later(2)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _put(s3), range(50)))

    assert len(sts.calls) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "No.\nNot you"}}, "AssumeRole"), "AccessDenied"),
        (ConnectTimeoutError(endpoint_url="https://sts"), "ConnectTimeoutError"),
    ],
)
def test_a_refusal_is_one_sentence_that_names_the_role(parent: Any, error: Exception, code: str) -> None:
    _Sts(parent, error=error)
    s3: Any = client(assume(CONFIG, parent), CONFIG)

    with pytest.raises(AssumeError) as failed:
        s3.put_object(Bucket="b", Key="k", Body=b"")

    assert (failed.value.stage, failed.value.error_code) == ("assume", code)
    assert str(failed.value).startswith(f"assume.{code}: cannot assume {CONFIG.role_arn}: ")
    assert "\n" not in str(failed.value)


def test_the_parsed_service_models_are_shared(parent: Any) -> None:
    assert assume(CONFIG, parent).get_component("data_loader") is parent.get_component("data_loader")


def _frozen(session: botocore.session.Session) -> str:
    credentials = session.get_credentials()
    assert credentials is not None
    return str(credentials.get_frozen_credentials().access_key)


def _frozen_of(client: Any) -> None:
    """Assume the role, as the first request of a client does."""
    client._request_signer._credentials.get_frozen_credentials()

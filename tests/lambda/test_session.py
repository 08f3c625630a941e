"""Credentials of the assumed role, against accounts that answer for real and against STS answers of our own."""

from __future__ import annotations

import dataclasses
import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import ClientError, ConnectTimeoutError
from cross_account_s3.config import Config
from cross_account_s3.errors import AssumeError
from cross_account_s3.session import assume, own

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
        self.calls: list[dict[str, str]] = []
        self.options: list[Any] = []
        self._minutes = minutes
        self.error = error
        create = parent.create_client

        def create_client(service: str, **options: Any) -> Any:
            client = create(service, region_name="eu-central-1", **options)
            self.options.append(client.meta)
            client.meta.events.register("before-call.sts.AssumeRole", self._answer)
            return client

        parent.create_client = create_client

    def _answer(self, params: Any, **_: Any) -> Any:
        self.calls.append(params["body"])
        if self.error is not None:
            raise self.error
        expiry = datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(minutes=self._minutes)
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
    return session


def test_nothing_is_called_until_a_request_is_signed(parent: Any) -> None:
    sts = _Sts(parent)

    session = assume(CONFIG, parent)
    session.create_client("s3")

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


def test_sts_is_regional_and_gives_up_in_time(parent: Any) -> None:
    sts = _Sts(parent)

    _frozen(assume(CONFIG, parent))

    [meta] = sts.options
    assert meta.endpoint_url == "https://sts.eu-central-1.amazonaws.com"
    assert (meta.config.connect_timeout, meta.config.read_timeout) == (2, 3)
    assert meta.config.retries["total_max_attempts"] == 3


def test_the_session_is_in_the_bucket_s_region(parent: Any) -> None:
    assert assume(CONFIG, parent).create_client("s3").meta.region_name == "us-east-1"


def test_one_call_serves_many_requests_and_threads(parent: Any) -> None:
    sts = _Sts(parent)
    session = assume(CONFIG, parent)

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: _frozen(session), range(1000)))

    assert keys == {"ASIA1"}
    assert len(sts.calls) == 1


def test_credentials_are_renewed_before_they_expire(parent: Any) -> None:
    sts = _Sts(parent, minutes=5)
    session = assume(CONFIG, parent)

    assert [_frozen(session), _frozen(session)] == ["ASIA1", "ASIA2"]
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
    client: Any = assume(CONFIG, parent).create_client("s3")

    with pytest.raises(AssumeError) as failed:
        client.put_object(Bucket="b", Key="k", Body=b"")

    assert (failed.value.stage, failed.value.error_code) == ("assume", code)
    assert str(failed.value).startswith(f"assume.{code}: cannot assume {CONFIG.role_arn}: ")
    assert "\n" not in str(failed.value)


def test_the_parsed_service_models_are_shared(parent: Any) -> None:
    assert assume(CONFIG, parent).get_component("data_loader") is parent.get_component("data_loader")


def _frozen(session: botocore.session.Session) -> str:
    credentials = session.get_credentials()
    assert credentials is not None
    return str(credentials.get_frozen_credentials().access_key)

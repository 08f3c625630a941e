"""The environment, as the module writes it."""

from __future__ import annotations

import json

import pytest
from cross_account_s3.config import Config, from_environment
from cross_account_s3.errors import InputError
from cross_account_s3.model import MailStore, Rules, Sources

from tests.support.environment import function_variables

SOURCES = {
    "buckets": ["acme-mail", "acme-uploads"],
    "told": {"eventbridge": ["acme-uploads"]},
    "queues": {"arn:queue": "messages"},
    "topics": {"arn:topic": "requests"},
    "mail": {"bucket": "acme-mail", "prefix": "raw/"},
    "rules": True,
    "jobs": False,
}


def _environ(**changed: str) -> dict[str, str]:
    usual = function_variables(
        "acme-inbound-mail",
        key_prefixes=["inbox/", "reports/"],
        permissions=["read", "list"],
        sources=SOURCES,
        ON_EXISTING="keep",
        PART_SIZE_MIB="16",
        CONCURRENCY="4",
        MESSAGE_KEY="{message_id}",
    )
    return {"AWS_LAMBDA_FUNCTION_NAME": "inbound-mail", **usual, **changed}


def test_what_the_module_writes() -> None:
    assert from_environment(_environ()) == Config(
        bucket="acme-inbound-mail",
        region="eu-central-1",
        account_id="222222222222",
        role_arn="arn:aws:iam::222222222222:role/inbound-mail-s3-writer",
        external_id=None,
        source_identity=None,
        key_prefixes=("inbox/", "reports/"),
        session_seconds=3600,
        session_name="inbound-mail",
        can_read=True,
        can_tag=False,
        on_existing="keep",
        rules=Rules(
            "inbox/",
            "{source_key}",
            "{message_id}",
            Sources(
                buckets=frozenset({"acme-mail", "acme-uploads"}),
                told={"eventbridge": frozenset({"acme-uploads"})},
                queues={"arn:queue": "messages"},
                topics={"arn:topic": "requests"},
                mail=MailStore("acme-mail", "raw/"),
                rules=True,
            ),
        ),
        part_size=16 * 1024 * 1024,
        concurrency=4,
    )


def test_session_tags_are_those_of_the_destination() -> None:
    destination = json.loads(_environ()["DESTINATIONS"])["default"]
    tagged = json.dumps({"default": {**destination, "session_tags": {"team": "mail"}}})

    assert from_environment(_environ(DESTINATIONS=tagged)).session_tags == {"team": "mail"}


def test_the_memory_is_what_lambda_says() -> None:
    assert from_environment(_environ(AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512")).memory == 512 * 1024 * 1024


def test_without_sources_none_is_known() -> None:
    assert from_environment(function_variables("acme-inbound-mail")).rules.sources == Sources()


@pytest.mark.parametrize(
    ("function", "session"), [("f" * 70, "f" * 64), ("f", "f-"), ("a_b-c", "a_b-c"), ("a:b", "a-b"), ("", "--")]
)
def test_the_session_name_says_which_function_in_what_sts_takes(function: str, session: str) -> None:
    assert from_environment(_environ(AWS_LAMBDA_FUNCTION_NAME=function)).session_name == session


@pytest.mark.parametrize(
    "changed",
    [
        {"DESTINATIONS": "{"},
        {"DESTINATIONS": "[]"},
        {"DESTINATIONS": '{"other": {}}'},
        {"DESTINATIONS": '{"default": {"bucket": "b"}}'},
        {"DESTINATIONS": function_variables("acme-inbound-mail", key_prefixes=[])["DESTINATIONS"]},
        {"SESSION_SECONDS": "an hour"},
        {"ON_EXISTING": "overwrite"},
        {"PART_SIZE_MIB": "8 MiB"},
        {"SOURCES": "acme-uploads"},
        {"SOURCES": "[]"},
        {"SOURCES": "{}"},
        {"SOURCES": json.dumps({**SOURCES, "buckets": [7]})},
        {"SOURCES": json.dumps({**SOURCES, "buckets": "acme-uploads"})},
        {"SOURCES": json.dumps({**SOURCES, "told": []})},
        {"SOURCES": json.dumps({**SOURCES, "queues": {"arn:queue": "anything"}})},
        {"SOURCES": json.dumps({**SOURCES, "topics": {"arn:topic": None}})},
        {"SOURCES": json.dumps({**SOURCES, "mail": {"bucket": "acme-mail"}})},
    ],
)
def test_anything_else_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(
        InputError, match=r"^config\.invalid: the function's environment must be as the Terraform module sets it"
    ):
        from_environment(_environ(**changed))


@pytest.mark.parametrize(
    "name",
    [
        "DESTINATIONS",
        "PART_SIZE_MIB",
        "SESSION_SECONDS",
        "ON_EXISTING",
        "CONCURRENCY",
        "OBJECT_KEY",
        "MESSAGE_KEY",
        "SOURCES",
    ],
)
def test_a_missing_variable_is_named(name: str) -> None:
    environ = {key: value for key, value in _environ().items() if key != name}

    with pytest.raises(InputError, match=rf"\(KeyError\('{name}'\)\)$"):
        from_environment(environ)

"""Events of each source: what they ask for (golden/), and one sentence for each way to get them wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from cross_account_s3.errors import InputError
from cross_account_s3.events import decode
from cross_account_s3.model import CopyRequest, MailStore, Message, Naming, PutRequest, Request, SourceObject

from tests import golden

BELOW_INBOX = {"prefix": "inbox/"}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in golden.cases()])
def test_golden(case: Mapping[str, Any]) -> None:
    mail = MailStore(**case["mail"]) if "mail" in case else None

    event = decode(case["event"], Naming(**case.get("naming", BELOW_INBOX)), mail)

    assert [_plain(message) for message in event.messages] == [
        {"id": "", "group": None, "error": None, "requests": [], **expected} for expected in case["becomes"]
    ]
    records = case["event"].get("Records", [{}])
    assert event.batch == (records[0].get("eventSource") == "aws:sqs")
    assert event.direct == ("key" in case["event"])


def _plain(message: Message) -> Mapping[str, Any]:
    return {
        "id": message.id,
        "group": message.group,
        "error": message.error and str(message.error),
        "requests": [_request(request) for request in message.requests],
    }


def _request(request: Request) -> Mapping[str, Any]:
    if isinstance(request, PutRequest):
        fields: dict[str, Any] = {"key": request.key, "body": request.body.decode()}
        fields |= {"content_type": request.content_type, "metadata": dict(request.metadata)}
        return {"put": {name: value for name, value in fields.items() if value != {}}}
    source = {name: value for name, value in vars(request.source).items() if value is not None}
    return {"copy": {"key": request.key, "source": source}}


def _s3(**changed: Any) -> Any:
    created = {"key": "k", **changed}
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "b"}, "object": created},
            }
        ]
    }


def _sqs(**changed: Any) -> Any:
    usual = {"messageId": "m", "body": "", "attributes": {"SentTimestamp": "1770091506789"}, "eventSource": "aws:sqs"}
    return {"Records": [{**usual, "eventSourceARN": "arn:aws:sqs:eu-central-1:111111111111:q", **changed}]}


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({"Records": []}, "invalid_event: Records must not be empty"),
        ({"Records": "x"}, "invalid_event: Records must be an array of objects, not a string"),
        ({"Records": [7]}, "invalid_event: Records[0] must be an object, not a number"),
        ({"Records": [{"eventSource": "aws:kinesis"}]}, "unknown_source: Records must all be of SQS, of S3, of SNS or"),
        ({"Records": [{"eventSource": "aws:s3"}, {"eventSource": "aws:sqs"}]}, "unknown_source: Records must all be"),
        ({"Records": [{"eventSource": "aws:s3"}]}, "invalid_event: Records[0].eventName must be a string that is not"),
        (_s3(key=None), "invalid_event: Records[0].s3.object.key must be a string that is not empty, not null"),
        (_s3(key=""), "invalid_event: Records[0].s3.object.key must be a string that is not empty, not an empty str"),
        (_s3(key="%ff"), "invalid_event: Records[0].s3.object.key must be UTF-8, percent-encoded"),
        (_s3(key="a/../../b"), 'invalid_key: the key must not have "." or ".." between its slashes'),
        (_s3(key="a%00b"), "invalid_key: the key must not have control characters or unpaired surrogates"),
        (_s3(key="k" * 1019), "invalid_key: the key must have at most 1024 bytes in UTF-8, not 1025"),
        (_s3(sequencer="xyz"), "invalid_event: Records[0].s3.object.sequencer must be hexadecimal"),
        (_s3(eTag=7), "invalid_event: Records[0].s3.object.eTag must be a string that is not empty, not a number"),
        (_sqs(messageId=None), "invalid_event: Records[0].messageId must be a string that is not empty, not null"),
        (
            {"Records": [{"eventSource": "aws:ses", "ses": {"mail": {"messageId": "m"}}}]},
            "no_mail_store: sources.email",
        ),
        ({"id": 1, "source": "a", "detail-type": "b", "detail": {}, "time": "t"}, "invalid_event: id must be a string"),
        ({"id": "1", "source": "a", "detail-type": "b", "detail": {}, "time": "t"}, "invalid_time: the event's time"),
        (
            {"id": "a/b", "source": "a", "detail-type": "b", "detail": {}, "time": "2026-01-01T00:00:00Z"},
            "invalid_name: me",
        ),
        (
            {"id": "..", "source": "a", "detail-type": "b", "detail": {}, "time": "2026-01-01T00:00:00Z"},
            "invalid_name: me",
        ),
        ({"what": "ever"}, "unknown_field: 'what' is not a field of the event"),
    ],
)
def test_refused(event: Any, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        decode(event, Naming("inbox/"))

    assert str(refused.value).startswith(f"input.{sentence}")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"body": None}, "invalid_event: Records[0].body must be a string"),
        ({"attributes": []}, "invalid_event: Records[0].attributes must be an object, not an array"),
        ({"attributes": {}}, "no_name: key_template asks for a date, which this event does not have"),
        ({"attributes": {"SentTimestamp": "soon"}}, "invalid_time: the event's time must be a date and time"),
        ({"attributes": {"SentTimestamp": "9" * 30}}, "invalid_time: the event's time must be a date and time"),
        ({"eventSourceARN": "arn:q.fifo"}, "invalid_event: Records[0].attributes.MessageGroupId must be a string"),
        ({"body": "\ud800"}, "invalid_body: the message must not have unpaired surrogates"),
        ({"body": json.dumps({"key": "a", "body": 7})}, "invalid_body: body must be a string, not a number"),
        (
            {"body": json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]})},
            "invalid_event: the message.Records[0].s3 must be an object, not null",
        ),
    ],
)
def test_a_message_that_is_wrong_fails_by_itself(changed: Mapping[str, Any], sentence: str) -> None:
    event = decode({"Records": [*_sqs(**changed)["Records"], *_sqs(messageId="good")["Records"]]}, Naming("inbox/"))

    assert str(event.messages[0].error).startswith(f"input.{sentence}")
    assert (event.messages[0].id, event.messages[0].requests) == ("m", ())
    assert (event.messages[1].error, len(event.messages[1].requests)) == (None, 1)


def test_unwrapping_is_bounded() -> None:
    text = "text"
    for _ in range(4):
        wrapped = {"Type": "Notification", "TopicArn": "t", "MessageId": "i", "Timestamp": "2026-01-01T00:00:00Z"}
        text = json.dumps({**wrapped, "Message": text})

    [message] = decode(_sqs(body=text), Naming("inbox/")).messages
    assert str(message.error) == "input.too_deep: the message must not be wrapped more than 4 times"

    [message] = decode(_sqs(body=json.loads(text)["Message"]), Naming("inbox/")).messages
    assert message.error is None


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "1" * 10_000, '{"Records": [7]}', "NaN", '{"key": "k"}']
)
def test_what_is_no_event_is_archived_whatever_it_is(body: str) -> None:
    [message] = decode(_sqs(body=body), Naming("inbox/")).messages

    [request] = message.requests
    assert isinstance(request, PutRequest)
    assert request.body == body.encode()


def test_a_template_that_asks_for_what_an_event_has_not_is_an_error() -> None:
    with pytest.raises(InputError, match=r"key_template asks for \{message_id\}, which this event does not have"):
        decode(_s3(), Naming("inbox/", "{message_id}"))


def test_a_copy_of_an_untrusted_key_stays_below_the_prefix() -> None:
    [message] = decode(_s3(key="/etc/passwd"), Naming("inbox/")).messages

    assert message.requests == (CopyRequest("inbox//etc/passwd", SourceObject("b", "/etc/passwd")),)

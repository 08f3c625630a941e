"""Events of each source: what they ask for (golden/), and one sentence for each way to get them wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cross_account_s3.config import from_environment
from cross_account_s3.errors import InputError
from cross_account_s3.events import decode
from cross_account_s3.model import (
    CopyRequest,
    Ignored,
    Job,
    Message,
    PutRequest,
    Request,
    Rules,
    SourceObject,
)

from tests import golden
from tests.support.environment import every_way, function_variables, queue, topic
from tests.support.events import job
from tests.writer import created

BUCKETS = ("b", "acme-uploads", "acme-mail")


def _rules(**changed: Any) -> Rules:
    """Rules by which everything may tell of these buckets; ``changed`` are entries of the variable SOURCES."""
    return from_environment(function_variables("x", sources=every_way(*BUCKETS, **changed))).rules


RULES = _rules()
NONE = from_environment(function_variables("x")).rules


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in golden.cases()])
def test_golden(case: Mapping[str, Any]) -> None:
    event = decode(case["event"], _rules_of(case))

    assert [_plain(message) for message in event.messages] == [
        {"id": "", "group": None, "error": None, "requests": [], "ignored": [], **expected}
        for expected in case["becomes"]
    ]
    records = case["event"].get("Records", [{}])
    assert event.batch == (records[0].get("eventSource") == "aws:sqs")
    assert event.direct == ("key" in case["event"] or isinstance(case["event"].get("source"), Mapping))
    assert event.job == (Job(*_job_of(case["event"])) if "tasks" in case["event"] else None)


def _rules_of(case: Mapping[str, Any]) -> Rules:
    return dataclasses.replace(_rules(mail=case.get("mail")), **case.get("rules", {}))


def _job_of(event: Mapping[str, Any]) -> tuple[str, str]:
    return event["invocationSchemaVersion"], event["invocationId"]


def _plain(message: Message) -> Mapping[str, Any]:
    return {
        "id": message.id,
        "group": message.group,
        "error": message.error and str(message.error),
        "requests": [_request(request) for request in message.requests],
        "ignored": [{name: value for name, value in item._asdict().items() if value} for item in message.ignored],
    }


def _request(request: Request) -> Mapping[str, Any]:
    if isinstance(request, PutRequest):
        fields: dict[str, Any] = {"key": request.key, "body": request.body.decode()}
        fields |= {"content_type": request.content_type, "metadata": dict(request.metadata)}
        return {"put": {name: value for name, value in fields.items() if value != {}}}
    source = {name: value for name, value in request.source._asdict().items() if value is not None}
    flags = {name: True for name in ("exact", "first_delivery") if getattr(request, name)}
    otherwise = _request(request.otherwise)["copy"] if request.otherwise else None
    return {"copy": {"key": request.key, "source": source, **flags, **({"otherwise": otherwise} if otherwise else {})}}


def _s3(bucket: str = "b", **changed: Any) -> Any:
    created = {"key": "k", **changed}
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": bucket}, "object": created},
            }
        ]
    }


def _sqs(holds: str = "messages", **changed: Any) -> Any:
    usual = {"messageId": "m", "body": "", "attributes": {"SentTimestamp": "1770091506789"}, "eventSource": "aws:sqs"}
    return {"Records": [{**usual, "eventSourceARN": queue(holds), **changed}]}


def _job(version: str = "2.0", tasks: Any = ()) -> Any:
    return {"invocationSchemaVersion": version, "invocationId": "i", "job": {"id": "j"}, "tasks": tasks}


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
        (_s3(eTag="a\ud800"), "invalid_event: Records[0].s3.object.eTag must be printable ASCII without spaces"),
        (_s3(eTag="a\r\nb"), "invalid_event: Records[0].s3.object.eTag must be printable ASCII without spaces"),
        (_s3(versionId="ü"), "invalid_event: Records[0].s3.object.versionId must be printable ASCII without spaces"),
        (
            _s3(bucket="c"),
            "unknown_bucket: Records[0].s3.bucket.name must be a bucket of sources that is told by notification, not",
        ),
        (
            _s3(bucket="b\nc"),
            "unknown_bucket: Records[0].s3.bucket.name must be a bucket of sources that is told by notification, not",
        ),
        (
            {"Records": [{"eventSource": "aws:ses", "ses": {"mail": {"messageId": "m"}}}], "x": 1},
            "no_mail_store: sources.email must have an entry with told_by = ",
        ),
        ({"requestContext": {}, "requestPayload": None}, "invalid_event: requestPayload must be an object, not null"),
        ({"requestContext": {}, "requestPayload": {"what": "ever"}}, "unknown_field: requestPayload.'what' is not a "),
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
        ({"source": "b/k"}, "invalid_event: source must be an object, not a string"),
        ({"source": {"bucket": "b"}}, "invalid_event: source.key must be a string that is not empty, not null"),
        (
            {"source": {"bucket": "c", "key": "k"}},
            "unknown_bucket: source.bucket must be a bucket that is named in sources",
        ),
        (
            {"source": {"bucket": "b", "key": "k", "etag": "e"}},
            "unknown_field: source.'etag' is not a field of the event: use source.bucket, source.key, source.ver",
        ),
        ({"source": {"bucket": "b", "key": "k"}, "body": ""}, "unknown_field: 'body' is not a field of the event: use"),
        ({"source": {"bucket": "b", "key": "k"}, "key": ""}, "invalid_event: key must be a string that is not empty"),
        ({"source": {"bucket": "b", "key": "k"}, "key": "../k"}, 'invalid_key: key must not have "." or ".." between'),
        (_job(version="3.0"), "unknown_schema: invocationSchemaVersion must be 1.0 or 2.0"),
        (_job(tasks=[]), "invalid_event: tasks must not be empty"),
        (_job(tasks=[{"s3Key": "k"}]), "invalid_event: tasks[0].taskId must be a string that is not empty, not null"),
    ],
)
def test_refused(event: Any, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        decode(event, RULES)

    assert str(refused.value).startswith(f"input.{sentence}")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"body": None}, "invalid_event: Records[0].body must be a string"),
        ({"attributes": []}, "invalid_event: Records[0].attributes must be an object, not an array"),
        ({"attributes": {}}, "no_name: writer.message_key asks for a date, which this event does not have"),
        ({"attributes": {"SentTimestamp": "soon"}}, "invalid_time: the event's time must be a date and time"),
        ({"attributes": {"SentTimestamp": "9" * 30}}, "invalid_time: the event's time must be a date and time"),
        (
            {"eventSourceARN": "arn:q"},
            "unknown_queue: Records[0].eventSourceARN must be a queue that is named in sources",
        ),
        ({"eventSourceARN": "arn:q.fifo"}, "invalid_event: Records[0].attributes.MessageGroupId must be a string"),
        ({"body": "\ud800"}, "invalid_body: the message must not have unpaired surrogates"),
        (
            {"holds": "requests", "body": json.dumps({"key": "a", "body": 7})},
            "invalid_body: body must be a string, not a number",
        ),
        (
            {"holds": "requests", "body": "key"},
            "invalid_event: the message must be a JSON object: sources says that it",
        ),
        (
            {
                "holds": "notifications",
                "body": json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]}),
            },
            "invalid_event: the message.Records[0].s3 must be an object, not null",
        ),
    ],
)
def test_a_message_that_is_wrong_fails_by_itself(changed: Mapping[str, Any], sentence: str) -> None:
    event = decode({"Records": [*_sqs(**changed)["Records"], *_sqs(messageId="good")["Records"]]}, RULES)

    assert str(event.messages[0].error).startswith(f"input.{sentence}")
    assert (event.messages[0].id, event.messages[0].requests) == ("m", ())
    assert (event.messages[1].error, len(event.messages[1].requests)) == (None, 1)


def test_unwrapping_is_bounded() -> None:
    text = json.dumps(_s3())
    for _ in range(4):
        wrapped = {"Type": "Notification", "TopicArn": "t", "MessageId": "i", "Timestamp": "2026-01-01T00:00:00Z"}
        text = json.dumps({**wrapped, "Message": text})

    [message] = decode(_sqs("notifications", body=text), RULES).messages
    assert str(message.error) == "input.too_deep: the message must not be wrapped more than 3 times"

    [message] = decode(_sqs("notifications", body=json.loads(text)["Message"]), RULES).messages
    assert message.error is None


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "1" * 10_000, '{"Records": [7]}', "NaN", '{"key": "k"}']
)
def test_a_message_is_archived_whatever_it_is(body: str) -> None:
    [message] = decode(_sqs(body=body), RULES).messages

    [request] = message.requests
    assert isinstance(request, PutRequest)
    assert request.body == body.encode()


def test_a_template_that_asks_for_what_an_event_has_not_is_an_error() -> None:
    with pytest.raises(InputError, match=r"writer\.object_key asks for \{message_id\}, which this event does not have"):
        decode(_s3(), dataclasses.replace(RULES, object_key="{message_id}"))


@pytest.mark.parametrize(
    "sequencer", ["in words", "1_0", "0x1f", "\uff11\uff12", "0" * 33, "", " 0A", 7, True, None, ["0A"], "\ud800"]
)
def test_a_sequencer_that_is_not_hexadecimal_is_none(sequencer: Any) -> None:
    [message] = decode(_s3(sequencer=sequencer), RULES).messages

    assert message.requests == (CopyRequest("inbox/k", SourceObject("b", "k")),)


@pytest.mark.parametrize("etag", ['"e"', "e", 'W/"e"'])
def test_an_etag_loses_its_quotes(etag: str) -> None:
    [message] = decode(_s3(eTag=etag, versionId=""), RULES).messages

    assert message.requests == (CopyRequest("inbox/k", SourceObject("b", "k", etag="e")),)


def test_an_error_says_which_object_the_event_is_about() -> None:
    with pytest.raises(InputError) as refused:
        decode(_s3(key="a/../b"), RULES)

    assert refused.value.source == SourceObject("b", "a/../b")


def _record_of(payload: Any, **more: Any) -> Any:
    """What Lambda puts into the failure queue; the emulator leaves out the first two."""
    context = {
        "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        "functionArn": "arn:aws:lambda:eu-central-1:111111111111:function:mail:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    about = {"version": "1.0", "timestamp": "2026-02-03T05:00:00.000Z", "requestContext": context}
    answer = {"responseContext": {"statusCode": 200}, "responsePayload": {"errorMessage": "write.AccessDenied: no"}}
    return {**about, "requestPayload": payload, **answer, **more}


ASYNCHRONOUS = [
    pytest.param(case, id=name)
    for name, case in golden.cases()
    if case["event"].get("Records", [{}])[0].get("eventSource") != "aws:sqs" and "tasks" not in case["event"]
]


@pytest.mark.parametrize("case", ASYNCHRONOUS)
def test_a_record_of_a_failed_event_is_handled_as_the_event_itself(case: Mapping[str, Any]) -> None:
    rules = _rules_of(case)
    itself = decode(case["event"], rules)
    record = _record_of(case["event"])

    assert decode(record, rules) == itself
    assert decode(_record_of(record), rules) == itself

    queued = decode(_sqs("events", body=json.dumps(record, ensure_ascii=False)), rules).messages[0]
    assert (queued.error, queued.ignored) == (None, itself.messages[0].ignored)
    assert [_text_of(request) for request in queued.requests] == [_text_of(r) for r in itself.messages[0].requests]


def _text_of(request: Request) -> Request:
    """A message that is archived with its JSON written in another way."""
    if isinstance(request, PutRequest) and request.content_type == "application/json":
        return dataclasses.replace(request, body=json.dumps(json.loads(request.body)).encode())
    return request


def test_a_record_in_records_is_bounded() -> None:
    record: Any = {"key": "a", "body": ""}
    for _ in range(5):
        record = _record_of(record)

    with pytest.raises(InputError, match=r"^input\.too_deep: .*requestPayload must not be in more than 4 records"):
        decode(record, RULES)


def test_an_event_that_was_delivered_before_may_have_written_something() -> None:
    body = json.dumps(_s3(key="k"))
    deliveries = {"1": True, "2": False, None: False}
    for count, first in deliveries.items():
        attributes = {"SentTimestamp": "1770091506789", "ApproximateReceiveCount": count}
        [message] = decode(_sqs("notifications", body=body, attributes=attributes), RULES).messages
        [request] = message.requests
        assert isinstance(request, CopyRequest)
        assert request.first_delivery == first

    record = json.dumps(_record_of(_s3(key="k")))
    attributes = {"SentTimestamp": "1770091506789", "ApproximateReceiveCount": "1"}
    [message] = decode(_sqs("events", body=record, attributes=attributes), RULES).messages
    assert message.requests == (CopyRequest("inbox/k", SourceObject("b", "k")),)


@pytest.mark.parametrize(
    ("event", "ignored"),
    [
        ({"Event": "s3:TestEvent", "Bucket": "b"}, Ignored("s3:TestEvent", "b")),
        (
            {
                "id": "1",
                "source": "aws.s3",
                "detail-type": "Object Deleted",
                "detail": {"bucket": {"name": "b"}, "object": {"key": "k"}},
                "time": "t",
            },
            Ignored("Object Deleted", "b", "k"),
        ),
        (
            {"id": "1", "source": "aws.s3", "detail-type": 7, "detail": {"bucket": {"name": "b"}}, "time": "t"},
            Ignored("7", "b"),
        ),
    ],
)
def test_what_asks_for_nothing_is_told(event: Any, ignored: Ignored) -> None:
    for given in (event, _sqs("notifications", body=json.dumps(event))):
        [message] = decode(given, RULES).messages
        assert (message.requests, message.ignored, message.error) == ((), (ignored,), None)


def test_a_copy_of_an_untrusted_key_stays_below_the_prefix() -> None:
    [message] = decode(_s3(key="/etc/passwd"), RULES).messages

    assert message.requests == (CopyRequest("inbox//etc/passwd", SourceObject("b", "/etc/passwd")),)


def _of_topic(arn: str, body: str = "text") -> Any:
    sns = {"TopicArn": arn, "MessageId": "i", "Message": body, "Timestamp": "2026-02-03T04:05:06Z"}
    return {"Records": [{"EventSource": "aws:sns", "Sns": sns}]}


def _of_bridge(source: str = "aws.s3", bucket: str = "b") -> Any:
    detail = {"bucket": {"name": bucket}, "object": {"key": "k"}}
    return {"id": "1", "source": source, "detail-type": "Object Created", "detail": detail, "time": "2026-02-03T04:05Z"}


_RECEIVED = {"mail": {"messageId": "m"}, "receipt": {"action": {"type": "S3", "bucketName": "c", "objectKey": "k"}}}
_MAIL = {"Records": [{"eventSource": "aws:ses", "ses": {"mail": {"messageId": "m"}}}]}
_TOLD_BY_NOBODY = _rules(told={})


@pytest.mark.parametrize(
    ("event", "rules", "error"),
    [
        # Of a source that is not there at all.
        (_sqs(), NONE, "unknown_queue"),
        (_of_topic(topic("messages")), NONE, "unknown_topic"),
        ({"Records": [created("b", "k")]}, NONE, "unknown_bucket"),
        (_of_bridge(), NONE, "unknown_bucket"),
        (_of_bridge("acme.orders"), NONE, "unknown_source"),
        (_MAIL, NONE, "no_mail_store"),
        (job("k", bucket="b"), NONE, "unknown_source"),
        ({"source": {"bucket": "b", "key": "k"}}, NONE, "unknown_bucket"),
        # Of another than those that are there.
        (_sqs(eventSourceARN=queue("messages") + "2"), RULES, "unknown_queue"),
        (_of_topic(topic("messages") + "2"), RULES, "unknown_topic"),
        ({"Records": [created("c", "k")]}, RULES, "unknown_bucket"),
        (_of_bridge(bucket="c"), _rules(rules=False), "unknown_bucket"),
        (_of_bridge("acme.orders"), _rules(rules=False), "unknown_source"),
        (job("k", bucket="c"), RULES, "unknown_bucket"),
        # A bucket of sources, of which this one does not tell.
        ({"Records": [created("b", "k")]}, _TOLD_BY_NOBODY, "unknown_bucket"),
        (_of_bridge(), _rules(told={}, rules=False), "unknown_bucket"),
        (_sqs("notifications", body=json.dumps(_s3())), _TOLD_BY_NOBODY, "unknown_bucket"),
        (_of_topic(topic("notifications"), json.dumps(_s3())), _TOLD_BY_NOBODY, "unknown_bucket"),
        (_of_topic(topic("mail"), json.dumps(_RECEIVED)), RULES, "unknown_bucket"),
        # Not what the queue or the topic holds.
        (_sqs("notifications", body='{"key": "inbox/k", "body": ""}'), RULES, "invalid_event"),
        (_sqs("notifications", body='{"source": {"bucket": "b", "key": "k"}}'), RULES, "invalid_event"),
        (_sqs("notifications", body=json.dumps(_of_bridge("acme.orders"))), RULES, "unknown_source"),
        (_sqs("notifications", body=json.dumps(_of_topic(topic("messages")))), RULES, "unknown_source"),
        (_sqs("requests", body=json.dumps(_s3())), RULES, "unknown_field"),
        (_sqs("requests", body=json.dumps({"requestContext": {}, "requestPayload": {}})), RULES, "unknown_field"),
        (_sqs("mail", body=json.dumps(_s3())), RULES, "invalid_event"),
        (_sqs("events", body=json.dumps(_sqs())), RULES, "unknown_source"),
        (_sqs("events", body=json.dumps(job("k", bucket="b"))), RULES, "unknown_field"),
        (_of_topic(topic("notifications"), "text"), RULES, "invalid_event"),
        (_of_topic(topic("mail"), json.dumps(_s3())), RULES, "invalid_event"),
    ],
)
def test_an_event_of_no_source_is_refused(event: Any, rules: Rules, error: str) -> None:
    assert _refusal(event, rules) == error


def _refusal(event: Any, rules: Rules) -> str:
    """The code of the error with which an event, or its only message, is refused."""
    try:
        [message] = decode(event, rules).messages
    except InputError as error:
        return error.error_code
    assert message.requests == ()
    assert message.error is not None
    return message.error.error_code


@pytest.mark.parametrize("holds", ["requests", "events"])
def test_who_may_ask_may_ask_for_a_copy_of_a_source_only(holds: str) -> None:
    bodies = [json.dumps({"source": {"bucket": bucket, "key": "k"}}) for bucket in ("b", "c")]

    good, bad = (decode(_sqs(holds, body=body), RULES).messages[0] for body in bodies)

    assert good.requests == (CopyRequest("inbox/k", SourceObject("b", "k")),)
    assert str(bad.error).startswith("input.unknown_bucket: ")

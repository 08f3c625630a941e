"""What an event asks for, and what a message asks for. Either may hold the other."""

from __future__ import annotations

import dataclasses

from cross_account_s3.errors import InputError
from cross_account_s3.events import archive, destination, direct, eventbridge, s3, ses, sns
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Ignored, Request, Rules

_DEPTH = 4  # SNS in SQS is two
Items = list[Request | Ignored]


def is_direct(event: Fields) -> bool:
    """Whether an event says itself what to write, as far as no other source has sent it."""
    return not (event.has("Records") or eventbridge.is_event(event) or s3.is_test(event))


def of_event(event: Fields, rules: Rules, depth: int = 1) -> Items:
    """What an event asks for that the function is invoked with; ``depth`` is how many messages it is wrapped in.

    Raises:
        InputError: it has no known shape, or something in it is wrong.
    """
    if eventbridge.is_event(event):
        return [eventbridge.item(event, rules)]
    if s3.is_test(event):
        return [s3.test(event)]
    if not event.has("Records"):
        return [direct.request(event, rules)]
    records = event.each("Records")
    if all(map(s3.is_record, records)):
        return [s3.notification(record, rules) for record in records]
    if all(map(ses.is_record, records)):
        return [ses.invocation(record, rules) for record in records]
    if all(map(sns.is_record, records)):
        return [item for record in records for item in of_message(*sns.message(record), rules, depth)]
    raise InputError("unknown_source", event.path("Records"), "must all be of SQS, of S3, of SNS or of SES")


def of_message(text: str, message_id: str, time: str | None, rules: Rules, depth: int = 1) -> Items:
    """What a message of SQS or SNS asks for. One in no known shape is archived as it is.

    Raises:
        InputError: it has a known shape, and something in it is wrong.
    """
    if depth > _DEPTH:
        raise InputError("too_deep", "the message", f"must not be wrapped more than {_DEPTH} times")
    value = archive.parsed(text)
    if isinstance(value, dict):
        message = Fields(value, "the message")
        if sns.is_envelope(message):
            inner, its_id, its_time = message.text("Message"), message.text("MessageId"), message.text("Timestamp")
            return of_message(inner, its_id, its_time, rules, depth + 1)
        if destination.is_record(message):
            again = dataclasses.replace(rules, first_delivery=False)
            return of_event(destination.carried(message), again, depth + 1)
        known = _known(message, rules, text)
        if known is not None:
            return known
    return [archive.message(text, rules, message_id, time)]


def _known(message: Fields, rules: Rules, text: str) -> Items | None:
    """What an event in a message asks for; None when it is no event that we know."""
    if s3.is_test(message):
        return [s3.test(message)]
    if s3.is_notification(message):
        return [s3.notification(record, rules) for record in message.each("Records")]
    if eventbridge.is_event(message):
        return [eventbridge.item(message, rules, text)]
    if ses.is_notification(message):
        return [ses.notification(message, rules)]
    return [direct.put(message)] if direct.is_event(message) else None

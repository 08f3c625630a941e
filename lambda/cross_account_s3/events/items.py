"""What an event asks for, and what a message asks for: by what its queue or topic holds, and never by its looks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from cross_account_s3.errors import InputError
from cross_account_s3.events import archive, destination, direct, eventbridge, s3, ses, sns
from cross_account_s3.events.fields import Fields
from cross_account_s3.events.text import Text, json_object
from cross_account_s3.model import Ignored, Request, Rules

_DEPTH = 3  # a notification that comes through SNS is in one envelope
Items = list[Request | Ignored]


def is_direct(event: Fields) -> bool:
    """Whether an event says itself what to write, as far as no other source has sent it."""
    return not (event.has("Records") or eventbridge.is_event(event) or s3.is_test(event) or sns.is_envelope(event))


def of_event(event: Fields, rules: Rules) -> Items:
    """What an event asks for that the function is invoked with.

    Raises:
        InputError: it has no known shape, it is of no source of the function, or something in it is wrong.
    """
    if eventbridge.is_event(event):
        return [eventbridge.item(event, rules)]
    if s3.is_test(event):
        return [s3.test(event)]
    if sns.is_envelope(event):
        return of_message(*sns.message(event, rules), rules)
    return _of_records(event, rules) if event.has("Records") else [direct.request(event, rules)]


def _of_records(event: Fields, rules: Rules) -> Items:
    records = event.each("Records")
    if all(map(s3.is_record, records)):
        return [s3.notification(record, rules, "notification") for record in records]
    if all(map(ses.is_record, records)):
        return [ses.invocation(record, rules) for record in records]
    if all(map(sns.is_record, records)):
        return [item for record in records for item in of_message(*sns.message(record.fields("Sns"), rules), rules)]
    raise InputError("unknown_source", event.path("Records"), "must all be of SQS, of S3, of SNS or of SES")


def of_message(text: Text, holds: str, rules: Rules) -> Items:
    """What a message asks for, of a queue or a topic that ``holds`` such messages (see Sources).

    Raises:
        InputError: it is no such message, it is about no source of the function, or something in it is wrong.
    """
    return _READERS[holds](text, rules)


def _messages(text: Text, rules: Rules) -> Items:
    return [archive.message(text.body, rules, text.id, text.time)]


def _notifications(text: Text, rules: Rules) -> Items:
    message = _unwrapped(json_object(text.body, "notifications"))
    if s3.is_test(message):
        return [s3.test(message)]
    if eventbridge.is_event(message):
        return [s3.bridged(message, rules, text.teller)]
    records = message.each("Records")
    if all(map(s3.is_record, records)):
        return [s3.notification(record, rules, text.teller) for record in records]
    raise InputError("unknown_source", message.path("Records"), "must all be of S3: sources says notifications")


def _unwrapped(message: Fields) -> Fields:
    """A notification without the envelopes of the topics that it came through."""
    for _ in range(_DEPTH + 1):
        if not sns.is_envelope(message):
            return message
        message = json_object(message.text("Message"), "notifications")
    raise InputError("too_deep", "the message", f"must not be wrapped more than {_DEPTH} times")


def _requests(text: Text, rules: Rules) -> Items:
    return [direct.request(json_object(text.body, "requests"), rules)]


def _mail(text: Text, rules: Rules) -> Items:
    return [ses.notification(json_object(text.body, "mail"), rules, text.teller)]


def _events(text: Text, rules: Rules) -> Items:
    """An event of another delivery, in the record that Lambda made of it, or as EventBridge or SNS gave it up."""
    event = destination.carried(json_object(text.body, "events"))
    return of_event(event, dataclasses.replace(rules, first_delivery=False))


_READERS: Mapping[str, Callable[[Text, Rules], Items]] = {
    "messages": _messages,
    "notifications": _notifications,
    "requests": _requests,
    "mail": _mail,
    "events": _events,
}

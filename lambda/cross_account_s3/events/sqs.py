"""A batch of SQS messages (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS")."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from cross_account_s3.errors import InputError
from cross_account_s3.events import items
from cross_account_s3.events.fields import Fields
from cross_account_s3.events.text import Text
from cross_account_s3.model import Message, Rules


def is_batch(event: Fields) -> bool:
    records = event.value.get("Records")
    return isinstance(records, list) and bool(records) and all(map(_is_record, records))


def message(record: Fields, rules: Rules) -> Message:
    """A message, with its error if it cannot be decoded: the others of the batch must not fail for it."""
    message_id = record.text("messageId")
    group = None
    try:
        attributes = record.fields("attributes")
        queue = record.text("eventSourceARN")
        # By the queue's name: standard queues may have message groups too, and promise no order in them.
        if queue.endswith(".fifo"):
            group = attributes.text("MessageGroupId")
        holds = rules.sources.queues.get(queue)
        if holds is None:
            raise InputError("unknown_queue", record.path("eventSourceARN"), "must be a queue that is named in sources")
        body = record.value.get("body")
        if not isinstance(body, str):
            raise InputError("invalid_event", record.path("body"), "must be a string")
        sent = attributes.optional_text("SentTimestamp")
        first = attributes.value.get("ApproximateReceiveCount") == "1"
        text = Text(body, message_id, sent, queue)
        found = items.of_message(text, holds, dataclasses.replace(rules, first_delivery=first))
    except InputError as error:
        return Message(id=message_id, group=group, error=error)
    return Message.of(found, message_id, group)


def _is_record(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs"

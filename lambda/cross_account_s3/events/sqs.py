"""A batch of SQS messages (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS")."""

from __future__ import annotations

from cross_account_s3.errors import InputError
from cross_account_s3.events import messages
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Message, Naming


def is_record(record: Fields) -> bool:
    return record.value.get("eventSource") == "aws:sqs"


def message(record: Fields, naming: Naming) -> Message:
    """A message, with its error when nothing can be made of it: the others of the batch are none the worse."""
    message_id = record.text("messageId")
    group = None
    try:
        attributes = record.fields("attributes")
        # By the queue's name: standard queues may have message groups too, and promise no order in them.
        if record.text("eventSourceARN").endswith(".fifo"):
            group = attributes.text("MessageGroupId")
        body = record.value.get("body")
        if not isinstance(body, str):
            raise InputError("invalid_event", record.path("body"), "must be a string")
        requests = messages.requests(body, naming, message_id, attributes.optional_text("SentTimestamp"))
    except InputError as error:
        return Message(id=message_id, group=group, error=error)
    return Message(tuple(requests), message_id, group)

"""Messages of SNS, in an event that the function is invoked with or in the envelope that a subscription makes."""

from __future__ import annotations

from cross_account_s3.events.fields import Fields


def is_record(record: Fields) -> bool:
    return record.value.get("EventSource") == "aws:sns"


def message(record: Fields) -> tuple[str, str, str | None]:
    """A record's message, its id and its time (AWS Lambda Developer Guide, "Using Lambda with Amazon SNS")."""
    sns = record.fields("Sns")
    return sns.text("Message"), sns.text("MessageId"), sns.optional_text("Timestamp")


def is_envelope(message: Fields) -> bool:
    """What a message is wrapped in, unless the subscription asks for raw messages.

    Amazon SNS Developer Guide, "HTTP/HTTPS notification JSON format".
    """
    return message.value.get("Type") == "Notification" and message.has("TopicArn", "Message", "MessageId", "Timestamp")

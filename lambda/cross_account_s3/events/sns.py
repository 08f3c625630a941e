"""Messages of SNS, in an event that the function is invoked with or in the envelope that a subscription makes."""

from __future__ import annotations

from cross_account_s3.errors import InputError
from cross_account_s3.events.fields import Fields
from cross_account_s3.events.text import Text
from cross_account_s3.model import Rules


def is_record(record: Fields) -> bool:
    return record.value.get("EventSource") == "aws:sns"


def message(sns: Fields, rules: Rules) -> tuple[Text, str]:
    """A message that a topic delivers, and what the topic holds.

    AWS Lambda Developer Guide, "Using Lambda with Amazon SNS": the record's field ``Sns``.

    Raises:
        InputError: the topic is no source of the function.
    """
    topic = sns.text("TopicArn")
    holds = rules.sources.topics.get(topic)
    if holds is None:
        raise InputError("unknown_topic", sns.path("TopicArn"), "must be a topic that is named in sources")
    return Text(sns.text("Message"), sns.text("MessageId"), sns.optional_text("Timestamp"), topic), holds


def is_envelope(message: Fields) -> bool:
    """What a message is wrapped in, unless the subscription asks for raw messages.

    Amazon SNS Developer Guide, "HTTP/HTTPS notification JSON format".
    """
    return message.value.get("Type") == "Notification" and message.has("TopicArn", "Message", "MessageId", "Timestamp")

"""A message that SNS invokes the function with (AWS Lambda Developer Guide, "Using Lambda with Amazon SNS")."""

from __future__ import annotations

from cross_account_s3.events import messages
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Naming, Request


def is_record(record: Fields) -> bool:
    return record.value.get("EventSource") == "aws:sns"


def requests(record: Fields, naming: Naming) -> list[Request]:
    sns = record.fields("Sns")
    return messages.requests(sns.text("Message"), naming, sns.text("MessageId"), sns.optional_text("Timestamp"))

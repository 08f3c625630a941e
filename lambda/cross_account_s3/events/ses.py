"""Inbound mail: SES stores a message in a bucket and tells of it, by a notification or by invoking the function."""

from __future__ import annotations

from cross_account_s3.errors import InputError
from cross_account_s3.events.fields import Fields
from cross_account_s3.events.s3 import copy, told_of
from cross_account_s3.model import CopyRequest, Ignored, Rules, SourceObject

# What SES stores first, to try whether it may (Amazon SES Developer Guide, "Deliver to S3 bucket action").
_SETUP = "AMAZON_SES_SETUP_NOTIFICATION"


def is_record(record: Fields) -> bool:
    return record.value.get("eventSource") == "aws:ses"


def notification(event: Fields, rules: Rules, teller: str) -> CopyRequest | Ignored:
    """A notification of the S3 action, which says where the message is; it came from ``teller``.

    Amazon SES Developer Guide, "Contents of notifications for Amazon SES email receiving".
    """
    action = event.fields("receipt").fields("action")
    bucket = told_of(action, "bucketName", rules, teller)
    return _mail(event.fields("mail"), bucket, action.text("objectKey"), rules)


def invocation(record: Fields, rules: Rules) -> CopyRequest | Ignored:
    """A record of the Lambda action: it has no body and does not say where the S3 action before it has put it.

    Raises:
        InputError: the function was not told where either.
    """
    mail = record.fields("ses").fields("mail")
    store = rules.sources.mail
    if store is None:
        sentence = 'must have an entry with told_by = "function", which says where SES stores the messages'
        raise InputError("no_mail_store", "sources.email", sentence)
    return _mail(mail, store.bucket, store.prefix + mail.text("messageId"), rules)


def _mail(mail: Fields, bucket: str, key: str, rules: Rules) -> CopyRequest | Ignored:
    message_id = mail.text("messageId")
    if message_id == _SETUP:
        return Ignored(_SETUP, bucket, key)
    source, time = SourceObject(bucket, key), mail.optional_text("timestamp")
    return copy(source, rules, time, message_id)

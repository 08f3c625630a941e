"""From a Lambda event to the objects it asks for: a decoder for each source. Pure: nothing is called here."""

from __future__ import annotations

from collections.abc import Sequence

from cross_account_s3.errors import InputError
from cross_account_s3.events import direct, eventbridge, s3, ses, sns, sqs
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Event, MailStore, Message, Naming, Request


def decode(value: object, naming: Naming, mail: MailStore | None = None) -> Event:
    """The objects that an event asks for, in messages that succeed or fail by themselves.

    Raises:
        InputError: the event has no known shape, or something in it is wrong; ``field`` names it.
    """
    event = Fields(value)
    if event.has("Records"):
        return _records(event.each("Records"), naming, mail)
    if eventbridge.is_event(event):
        return _event(eventbridge.requests(event, naming))
    if s3.is_test(event):
        return _event([])
    return Event((Message((direct.request(event),)),), direct=True)


def _records(records: Sequence[Fields], naming: Naming, mail: MailStore | None) -> Event:
    if all(map(sqs.is_record, records)):
        return Event(tuple(sqs.message(record, naming) for record in records), batch=True)
    if all(map(s3.is_record, records)):
        return _event([s3.notification(record, naming) for record in records])
    if all(map(sns.is_record, records)):
        return _event([request for record in records for request in sns.requests(record, naming)])
    if all(map(ses.is_record, records)):
        return _event([ses.invocation(record, naming, mail) for record in records])
    raise InputError("unknown_source", "Records", "must all be of SQS, of S3, of SNS or of SES")


def _event(requests: Sequence[Request | None]) -> Event:
    """Without a protocol of its own, an event succeeds or fails as a whole."""
    return Event((Message(tuple(request for request in requests if request)),))

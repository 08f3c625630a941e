"""From a Lambda event to the objects it asks for: a decoder for each source. Pure: nothing is called here."""

from __future__ import annotations

from cross_account_s3.events import batch_operations, destination, direct, items, sqs
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Event, Message, Rules


def decode(value: object, rules: Rules) -> Event:
    """The objects that an event asks for, in messages that succeed or fail by themselves.

    Raises:
        InputError: the event has no known shape, or something in it is wrong; ``field`` names it.
    """
    event = destination.carried(Fields(value))
    if batch_operations.is_event(event):
        return batch_operations.event(event, rules)
    if items.is_direct(event):
        return Event((Message((direct.request(event, rules),)),), direct=True)
    if sqs.is_batch(event):
        return Event(tuple(sqs.message(record, rules) for record in event.each("Records")), batch=True)
    # Without a protocol of its own, an event succeeds or fails as a whole.
    return Event((Message.of(items.of_event(event, rules)),))

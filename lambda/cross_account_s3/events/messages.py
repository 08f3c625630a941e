"""What stands in a message of SQS or SNS: another event, possibly wrapped once more, or whatever somebody sent."""

from __future__ import annotations

from cross_account_s3.errors import InputError
from cross_account_s3.events import archive, direct, eventbridge, s3, ses
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Naming, Request

_DEPTH = 4  # SNS in SQS is two


def requests(text: str, naming: Naming, message_id: str, time: str | None, depth: int = 1) -> list[Request]:
    """What a message asks for. One in no known shape is archived as it is.

    Raises:
        InputError: it has a known shape, and something in it is wrong.
    """
    value = archive.parsed(text)
    if isinstance(value, dict):
        message = Fields(value, "the message")
        if _is_envelope(message):
            if depth == _DEPTH:
                raise InputError("too_deep", "the message", f"must not be wrapped more than {_DEPTH} times")
            inner, its_id, its_time = message.text("Message"), message.text("MessageId"), message.text("Timestamp")
            return requests(inner, naming, its_id, its_time, depth + 1)
        known = _known(message, naming, text)
        if known is not None:
            return known
    return [archive.message(text, naming, message_id, time)]


def _known(message: Fields, naming: Naming, text: str) -> list[Request] | None:
    """What an event in a message asks for; None when it is no event that we know."""
    if s3.is_test(message):
        return []
    if s3.is_notification(message):
        copies = [s3.notification(record, naming) for record in message.each("Records")]
        return [copy for copy in copies if copy]
    if eventbridge.is_event(message):
        return eventbridge.requests(message, naming, text)
    if ses.is_notification(message):
        mail = ses.notification(message, naming)
        return [mail] if mail else []
    return [direct.request(message)] if direct.is_event(message) else None


def _is_envelope(message: Fields) -> bool:
    """SNS's, unless the subscription asks for raw messages (Amazon SNS Developer Guide, "HTTP/HTTPS notification")."""
    return message.value.get("Type") == "Notification" and message.has("TopicArn", "Message", "MessageId", "Timestamp")

"""A message that is stored as it is."""

from __future__ import annotations

import hashlib
import json

from cross_account_s3.errors import InputError
from cross_account_s3.events.keys import Subject, message_key
from cross_account_s3.model import PutRequest, Rules


def parsed(text: str) -> object:
    """The JSON that a text is, or None. Whatever makes Python's parser give up is not ours to understand."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def message(text: str, rules: Rules, message_id: str, time: str | None) -> PutRequest:
    """An object with this text, named by its message."""
    try:
        body = text.encode()
    except UnicodeEncodeError:
        raise InputError("invalid_body", "the message", "must not have unpaired surrogates") from None
    content_hash = hashlib.sha256(body).hexdigest()
    key = message_key(rules, Subject(message_id=message_id, content_hash=content_hash, time=time))
    is_json = isinstance(parsed(text), dict | list)
    return PutRequest(key, body, "application/json" if is_json else "text/plain; charset=utf-8")

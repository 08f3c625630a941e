"""What is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cross_account_s3.errors import WriterError


@dataclass(frozen=True)
class Naming:
    """How objects are named that do not name themselves: ``template``, or a usual one, below ``prefix``."""

    prefix: str = ""
    template: str | None = None


@dataclass(frozen=True)
class MailStore:
    """Where SES puts inbound mail: the bucket and the key prefix of its S3 action."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class PutRequest:
    """An object to be written. ``metadata`` is S3's user metadata, without its ``x-amz-meta-`` prefix."""

    key: str
    body: bytes = field(repr=False)
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceObject:
    """An object of the function's own account, as an event tells of it.

    ``sequencer`` is hexadecimal and orders the events of one key; the longer of two is padded with zeros on the right
    (Amazon S3 User Guide, "Event message structure").
    """

    bucket: str
    key: str
    etag: str | None = None
    version_id: str | None = None
    sequencer: str | None = None


@dataclass(frozen=True)
class CopyRequest:
    """An object to be copied: to ``key`` in the destination."""

    key: str
    source: SourceObject


Request = PutRequest | CopyRequest


@dataclass(frozen=True)
class Message:
    """A part of an event that succeeds or fails by itself.

    ``id`` is the source's name of it; ``group`` is the message group of a FIFO queue, whose messages keep their order.
    A message that nothing can be made of has an ``error`` and no ``requests``; one that asks for nothing has neither.
    """

    requests: tuple[Request, ...] = ()
    id: str = ""
    group: str | None = None
    error: WriterError | None = None


@dataclass(frozen=True)
class Event:
    """An invocation's event; ``batch``: its messages are answered for one by one (an SQS batch)."""

    messages: tuple[Message, ...]
    batch: bool = False
    direct: bool = False


@dataclass(frozen=True)
class Stored:
    """What the destination has at a key, or why it was left as it is.

    ``outcome`` is

    - ``"stored"``: this object, written now;
    - ``"exists"``: what was there already, and was to be kept, or is this very object;
    - ``"superseded"``: nothing of this event, because the source or the destination holds a newer object by now;
    - ``"gone"``: nothing, because the source has no such object any more.

    ``size`` is in bytes; ``checksum`` is ``"CRC32:"`` and the base64 of the whole object's CRC32, which S3 has
    verified; ``version_id`` is None in a bucket without versioning. What is not known is None.
    """

    bucket: str
    key: str
    etag: str | None
    version_id: str | None
    size: int | None
    checksum: str | None
    outcome: str

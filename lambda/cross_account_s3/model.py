"""What is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cross_account_s3.errors import WriterError


class MailStore(NamedTuple):
    """Where SES puts inbound mail: the bucket and the key prefix of its S3 action."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class Sources:
    """What the function was told of its sources. An event of any other is refused.

    ``buckets`` are the buckets whose objects may be copied. ``told`` has those whose new objects somebody tells of: by
    ``"eventbridge"``, by ``"notification"`` (S3 itself), or by the ARN of a queue or a topic. ``queues`` and ``topics``
    say what each holds, by its ARN: ``messages`` are archived, ``notifications`` are followed, ``requests`` are direct
    events, ``mail`` is SES's notifications, and ``events`` are what the function was invoked with before. ``mail`` is
    where SES stores the messages that it invokes the function for. ``rules``: whether rules of EventBridge send events
    to be archived. ``jobs``: whether jobs of S3 Batch Operations name objects.
    """

    buckets: frozenset[str] = frozenset()
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    queues: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    mail: MailStore | None = None
    rules: bool = False
    jobs: bool = False


@dataclass(frozen=True)
class Rules:
    """What decides what an event becomes.

    Objects and messages are named by templates: ``object_key`` and ``message_key``, both below ``prefix``.
    ``first_delivery``: no earlier delivery of the event can have written anything.
    """

    prefix: str = ""
    object_key: str = "{source_key}"
    message_key: str = "{year}/{month}/{day}/{message_id}"
    sources: Sources = field(default_factory=Sources)
    first_delivery: bool = False


@dataclass(frozen=True)
class PutRequest:
    """An object to be written. ``metadata`` is S3's user metadata, without its ``x-amz-meta-`` prefix."""

    key: str
    body: bytes = field(repr=False)
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


class SourceObject(NamedTuple):
    """An object of the function's own account, as an event describes it.

    ``etag`` has no quotes. ``sequencer`` is 1 to 32 hexadecimal digits and orders the events of one key (Amazon S3 User
    Guide, "Event message structure"). What the event does not say, or says in a form that cannot be used, is None.
    """

    bucket: str
    key: str
    etag: str | None = None
    version_id: str | None = None
    sequencer: str | None = None


@dataclass(frozen=True)
class CopyRequest:
    """An object to be copied to ``key`` in the destination.

    ``exact``: only what the request names may be stored there, because the key holds the source's ETag, or because the
    request asks for one version.
    ``first_delivery``: no earlier delivery of this event can have written anything. SQS says so; Lambda does not say
    it of its asynchronous invocations.
    ``otherwise``: the copy that is meant where the source's key can be read in two ways, and this one is not there.
    """

    key: str
    source: SourceObject
    exact: bool = False
    first_delivery: bool = False
    otherwise: CopyRequest | None = None


Request = PutRequest | CopyRequest


class Ignored(NamedTuple):
    """Something that an event reports and that asks for nothing: ``reason`` is the event's name for it."""

    reason: str
    bucket: str | None = None
    key: str | None = None


class Message(NamedTuple):
    """A part of an event that succeeds or fails by itself.

    ``id`` is the source's name of it; ``group`` is the message group of a FIFO queue, whose messages keep their order.
    A message that cannot be decoded has an ``error`` and no ``requests``.
    """

    requests: tuple[Request, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    id: str = ""
    group: str | None = None
    error: WriterError | None = None

    @classmethod
    def of(cls, items: Sequence[Request | Ignored], message_id: str = "", group: str | None = None) -> Message:
        """A message that asks for these requests, and reports what is ignored."""
        requests = [item for item in items if not isinstance(item, Ignored)]
        ignored = [item for item in items if isinstance(item, Ignored)]
        return cls(tuple(requests), tuple(ignored), message_id, group)


class Job(NamedTuple):
    """The invocation of a job of S3 Batch Operations: what its answer repeats."""

    schema_version: str
    invocation_id: str


class Event(NamedTuple):
    """An invocation's event.

    ``batch``: its messages are answered for one by one (an SQS batch). ``job``: so are they, each as a task of a job of
    S3 Batch Operations. ``direct``: it says itself what to write, and is answered with that.
    """

    messages: tuple[Message, ...]
    batch: bool = False
    direct: bool = False
    job: Job | None = None


class Stored(NamedTuple):
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

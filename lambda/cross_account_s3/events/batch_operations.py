"""A job of S3 Batch Operations, which invokes the function for the objects of a manifest.

Amazon S3 User Guide, "Invoke AWS Lambda function". Of the two schemas, 2.0 has the bucket's name instead of its ARN.
"""

from __future__ import annotations

import dataclasses
from urllib.parse import unquote, unquote_plus

from cross_account_s3.errors import InputError
from cross_account_s3.events import s3
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import CopyRequest, Event, Job, Message, Rules, SourceObject

_BUCKETS = {"1.0": "s3BucketArn", "2.0": "s3Bucket"}


def is_event(event: Fields) -> bool:
    return event.has("invocationSchemaVersion", "invocationId", "tasks")


def event(event: Fields, rules: Rules) -> Event:
    """The objects that a job asks for, a message for each task.

    Raises:
        InputError: it is no invocation of a schema that we know, or no job is to invoke the function.
    """
    if not rules.sources.jobs:
        raise InputError("unknown_source", "sources.batch_jobs", "must have an entry, for jobs of S3 Batch Operations")
    version = event.text("invocationSchemaVersion")
    if version not in _BUCKETS:
        raise InputError("unknown_schema", "invocationSchemaVersion", f"must be {' or '.join(_BUCKETS)}")
    messages = tuple(_message(task, _BUCKETS[version], rules) for task in event.each("tasks"))
    return Event(messages, job=Job(version, event.text("invocationId")))


def _message(task: Fields, bucket_field: str, rules: Rules) -> Message:
    task_id = task.text("taskId")
    try:
        return Message((_copy(task, bucket_field, rules),), id=task_id)
    except InputError as error:
        return Message(id=task_id, error=error)


def _copy(task: Fields, bucket_field: str, rules: Rules) -> CopyRequest:
    bucket = s3.source_bucket(task.text(bucket_field).rpartition(":")[2], task.path(bucket_field), rules)
    written = task.text("s3Key")
    version_id = s3.token(task, "s3VersionId")
    try:
        key, otherwise = unquote(written, errors="strict"), unquote_plus(written, errors="strict")
    except UnicodeDecodeError:
        raise InputError("invalid_event", task.path("s3Key"), "must be UTF-8, percent-encoded") from None

    def copy(key: str) -> CopyRequest:
        made = s3.copy(SourceObject(bucket, key, version_id=version_id), rules, None)
        return dataclasses.replace(made, exact=made.exact or version_id is not None)

    # Whoever makes a manifest encodes its keys, some with "+" for a space. AWS does not say how S3 hands them on.
    return copy(key) if key == otherwise else dataclasses.replace(copy(key), otherwise=copy(otherwise))

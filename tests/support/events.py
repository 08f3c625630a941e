"""Events as AWS sends them, for tests of the writer and of the applied function."""

from __future__ import annotations

from typing import Any


def job(*keys: str, bucket: str = "source", schema: str = "2.0", version_id: str | None = None) -> Any:
    """An invocation by a job of S3 Batch Operations, a task for each key as a manifest has it: ``t0``, ``t1``..."""
    where = {"s3Bucket": bucket} if schema == "2.0" else {"s3BucketArn": f"arn:aws:s3:::{bucket}"}
    tasks = [
        {"taskId": f"t{number}", "s3Key": key, "s3VersionId": version_id, **where} for number, key in enumerate(keys)
    ]
    return {"invocationSchemaVersion": schema, "invocationId": "i", "job": {"id": "j"}, "tasks": tasks}

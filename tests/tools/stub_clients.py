"""Clients of the stub, as the tests of the stub share them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config

from tools.stub import Client

KEY_ID = "AKIATESTS"


def client(stub: Client, service: str = "s3", *, credentials: Mapping[str, str] | None = None, **options: Any) -> Any:
    """A botocore client that tries once; ``credentials`` are as STS has them, ``options`` those of Config."""
    credentials = credentials or {"AccessKeyId": KEY_ID, "SecretAccessKey": "test"}
    options = {"retries": {"total_max_attempts": 1}, "read_timeout": 30, **options}
    return _session().create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=stub.endpoint,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=Config(proxies={}, **options),
    )


@functools.cache
def _session() -> botocore.session.Session:
    """One for all clients: it reads the services' models once."""
    return botocore.session.Session()

"""What a function makes once, when it is first needed, and keeps for all invocations: connections and credentials."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from cross_account_s3.config import Config, from_environment
from cross_account_s3.session import assume, own
from cross_account_s3.transfer import Destination, Source, client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

own_session = functools.cache(own)


@functools.cache
def config() -> Config:
    """Raises InputError when the environment is not what the module sets."""
    return from_environment(os.environ)


@functools.cache
def destination_client() -> S3Client:
    """An S3 client that acts as the role in the bucket's account."""
    return client(assume(config(), own_session()), config())


@functools.cache
def destination() -> Destination:
    return Destination(destination_client(), config())


@functools.cache
def source() -> Source:
    """The function's own account, with the function's own credentials."""
    return Source(client(own_session(), config()))

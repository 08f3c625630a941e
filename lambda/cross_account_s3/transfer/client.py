"""The S3 client of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from botocore.config import Config as ClientConfig

from cross_account_s3.config import Config
from cross_account_s3.transfer.headers import send_expires

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_s3 import S3Client

_TRIES = 4


def client(session: Session, config: Config) -> S3Client:
    """An S3 client with connections for so many messages and parts at once, and an end to all waiting."""
    made = session.create_client(
        "s3",
        config=ClientConfig(
            connect_timeout=3,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            max_pool_connections=2 * config.concurrency,
            # The region's own endpoint, as elsewhere: an endpoint policy or a firewall may refuse the global one.
            s3={"us_east_1_regional_endpoint": "regional"},
        ),
    )
    send_expires(made)
    return cast("S3Client", made)

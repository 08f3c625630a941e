"""S3 and STS on the loopback interface, as moto has them, behind a proxy that makes requests go wrong."""

from tests.support.cloud.client import Client, CloudProcess, Seen, StoredObject

__all__ = ["Client", "CloudProcess", "Seen", "StoredObject"]

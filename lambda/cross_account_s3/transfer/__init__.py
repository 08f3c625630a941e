"""From an object of the function's own account, or the body of an event, to the bucket in the other account."""

from __future__ import annotations

from cross_account_s3.transfer.client import client
from cross_account_s3.transfer.destination import Destination
from cross_account_s3.transfer.source import Source

__all__ = ["Destination", "Source", "client"]

"""Writes objects to an S3 bucket in another AWS account, from a Lambda function.

For code of your own::

    from cross_account_s3 import destination

    def handler(event, context):
        return destination(context).put("inbox/hello", "Hello, other account")._asdict()

What goes wrong is raised as one of cross_account_s3.errors, whose common class is WriterError.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cross_account_s3.library import client, destination

__all__ = ["client", "destination"]


def __getattr__(name: str) -> object:
    """The library is imported when it is used: the module's own handler starts without it."""
    if name in __all__:
        return getattr(importlib.import_module("cross_account_s3.library"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")

"""Code of your own: it turns orders into a CSV file, and stores that in the bucket of the other account."""

from __future__ import annotations

import csv
import io
import os
from typing import Any

from cross_account_s3 import destination


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    table = io.StringIO()
    rows = csv.DictWriter(table, fieldnames=["id", "amount"])
    rows.writeheader()
    rows.writerows(event["orders"])
    key = f"{os.environ['FOLDER']}{event['day']}.csv"

    stored = destination(context).put(key, table.getvalue(), content_type="text/csv", metadata={"source": "orders"})
    return stored._asdict()

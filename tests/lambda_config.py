"""What the tests of the writer configure it with, unless they say otherwise."""

from __future__ import annotations

from cross_account_s3.config import Config

CONFIG = Config(
    bucket="acme-inbound-mail",
    region="eu-central-1",
    account_id="222222222222",
    role_arn="arn:aws:iam::222222222222:role/inbound-mail-s3-writer",
    external_id=None,
    source_identity=None,
    key_prefixes=("inbox/", "reports/2026/"),
    session_seconds=3600,
    session_name="inbound-mail",
)

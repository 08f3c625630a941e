"""The function's configuration, as Terraform put it into the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cross_account_s3.errors import InputError


@dataclass(frozen=True)
class Config:
    """Where to write, and as whom. ``session_seconds`` is the life of the assumed role's session."""

    bucket: str
    region: str
    account_id: str
    role_arn: str
    external_id: str | None
    source_identity: str | None
    key_prefixes: tuple[str, ...]
    session_seconds: int
    session_name: str


def from_environment(environ: Mapping[str, str]) -> Config:
    """Read the destination ``default`` of ``DESTINATIONS``, a JSON object of destinations by name.

    Raises:
        InputError: a variable is missing or is not what the module writes.
    """
    try:
        destination = json.loads(environ["DESTINATIONS"])["default"]
        return Config(
            bucket=destination["bucket"],
            region=destination["region"],
            account_id=destination["account_id"],
            role_arn=destination["role_arn"],
            external_id=destination["external_id"],
            source_identity=destination["source_identity"],
            key_prefixes=tuple(destination["key_prefixes"]),
            session_seconds=int(environ["SESSION_SECONDS"]),
            session_name=_session_name(environ.get("AWS_LAMBDA_FUNCTION_NAME", "")),
        )
    except (KeyError, TypeError, ValueError) as cause:
        raise InputError(
            "invalid",
            "the function's environment",
            f"must have DESTINATIONS and SESSION_SECONDS as the Terraform module sets them ({cause!r})",
            stage="config",
        ) from cause


def _session_name(function_name: str) -> str:
    """The function's name as a role session name, so that the trail of the bucket's account says who wrote.

    STS takes 2 to 64 of ``[\\w+=,.@-]`` (AssumeRole, RoleSessionName); function names are made of fewer characters.
    """
    return re.sub(r"[^\w+=,.@-]", "-", function_name, flags=re.ASCII)[:64].ljust(2, "-")

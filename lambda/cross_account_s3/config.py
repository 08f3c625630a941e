"""The function's configuration, as Terraform put it into the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cross_account_s3.errors import InputError
from cross_account_s3.model import MailStore, Rules, Sources

_MIB = 1024 * 1024
_MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"  # in MB, set by Lambda
_ON_EXISTING = ("replace", "keep", "newer")
_HOLDS = ("messages", "notifications", "requests", "mail", "events")


@dataclass(frozen=True)
class Config:
    """Where to write, as whom, and how.

    ``session_seconds`` is the life of the assumed role's session, which carries ``session_tags``; ``on_existing`` is
    ``replace``, ``keep`` or ``newer``; ``can_replace``: whether the bucket lets objects be replaced; ``part_size`` is
    in bytes; ``concurrency`` is how many requests are made at once; ``memory`` is in bytes, if Lambda tells it.
    """

    bucket: str
    region: str
    account_id: str
    role_arn: str
    external_id: str | None
    source_identity: str | None
    key_prefixes: tuple[str, ...]
    session_seconds: int
    session_name: str
    session_tags: Mapping[str, str] = field(default_factory=dict)
    can_read: bool = False
    can_tag: bool = False
    can_replace: bool = True
    on_existing: str = "replace"
    rules: Rules = field(default_factory=Rules)
    part_size: int = 8 * _MIB
    concurrency: int = 8
    memory: int | None = None


def from_environment(environ: Mapping[str, str]) -> Config:
    """Read the destination ``default`` of ``DESTINATIONS``, a JSON object of destinations by name, and the rest.

    Raises:
        InputError: a variable is missing or is not what the module writes.
    """
    try:
        destination = json.loads(environ["DESTINATIONS"])["default"]
        permissions = destination["permissions"]
        prefixes = tuple(destination["key_prefixes"])
        return Config(
            bucket=destination["bucket"],
            region=destination["region"],
            account_id=destination["account_id"],
            role_arn=destination["role_arn"],
            external_id=destination["external_id"],
            source_identity=destination["source_identity"],
            key_prefixes=prefixes,
            session_seconds=int(environ["SESSION_SECONDS"]),
            session_name=_session_name(environ.get("AWS_LAMBDA_FUNCTION_NAME", "")),
            session_tags={name: _text(value) for name, value in destination["session_tags"].items()},
            can_read=permissions["read"],
            can_tag=permissions["tag"],
            can_replace=not destination["deny_overwrites"],
            on_existing=_one_of(_ON_EXISTING, environ["ON_EXISTING"]),
            rules=_rules(environ, prefixes[0]),
            part_size=int(environ["PART_SIZE_MIB"]) * _MIB,
            concurrency=int(environ["CONCURRENCY"]),
            memory=int(environ[_MEMORY]) * _MIB if _MEMORY in environ else None,
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as cause:
        raise InputError(
            "invalid",
            "the function's environment",
            f"must be as the Terraform module sets it ({cause!r})",
            stage="config",
        ) from cause


def _rules(environ: Mapping[str, str], prefix: str) -> Rules:
    return Rules(
        prefix=prefix,
        object_key=environ["OBJECT_KEY"],
        message_key=environ["MESSAGE_KEY"],
        sources=_sources(json.loads(environ["SOURCES"])),
    )


def _sources(said: Mapping[str, Any]) -> Sources:
    mail = said["mail"]
    return Sources(
        buckets=_texts(said["buckets"]),
        told={teller: _texts(buckets) for teller, buckets in said["told"].items()},
        queues={arn: _one_of(_HOLDS, holds) for arn, holds in said["queues"].items()},
        topics={arn: _one_of(_HOLDS, holds) for arn, holds in said["topics"].items()},
        mail=MailStore(_text(mail["bucket"]), _text(mail["prefix"])) if mail else None,
        rules=bool(said["rules"]),
        jobs=bool(said["jobs"]),
    )


def _texts(values: Sequence[object]) -> frozenset[str]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is no list")
    return frozenset(map(_text, values))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _one_of(words: tuple[str, ...], word: str) -> str:
    if word not in words:
        raise ValueError(f"{word} is none of {', '.join(words)}")
    return word


def _session_name(function_name: str) -> str:
    """The function's name as a role session name, so that the trail of the bucket's account says who wrote.

    STS takes 2 to 64 of ``[\\w+=,.@-]`` (AssumeRole, RoleSessionName); function names are made of fewer characters.
    """
    return re.sub(r"[^\w+=,.@-]", "-", function_name, flags=re.ASCII)[:64].ljust(2, "-")

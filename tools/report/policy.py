"""A policy and its statements, as they stand in a plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

ACCOUNT = re.compile(r"\d{12}")


class Kind(StrEnum):
    """What a policy is attached to, and thereby whose question it answers."""

    TRUST = "trust"
    IDENTITY = "identity"
    RESOURCE = "resource"
    BOUNDARY = "boundary"


@dataclass(frozen=True)
class Principal:
    kind: str
    """`AWS`, `Service`, `Federated` or `CanonicalUser`."""
    name: str

    @property
    def is_anybody(self) -> bool:
        return self.kind == "AWS" and self.name == "*"

    @property
    def account(self) -> str | None:
        return account_of(self.name) if self.kind == "AWS" else None

    @property
    def is_account(self) -> bool:
        """A whole account, of which its IAM decides who."""
        return self.account is not None and (self.name == self.account or self.name.endswith(":root"))


@dataclass(frozen=True)
class Names:
    """What an element names; ``inverted``, as in NotAction, all but that."""

    values: tuple[str, ...] = ()
    inverted: bool = False

    def cover(self, name: str, ignore_case: bool = False) -> bool:
        return any(matches(value, name, ignore_case) for value in self.values) != self.inverted


@dataclass(frozen=True)
class Condition:
    operator: str
    key: str
    values: tuple[str, ...]

    def is_about(self, key: str) -> bool:
        return self.key.lower() == key.lower()


@dataclass(frozen=True)
class Statement:
    effect: str
    principals: tuple[Principal, ...]
    inverted_principals: bool
    actions: Names
    resources: Names
    conditions: tuple[Condition, ...]
    sid: str | None = None

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    def may(self, action: str) -> bool:
        """Allows an action, on something and under some condition."""
        return self.allows and self.actions.cover(action, ignore_case=True)

    def asks_for(self, key: str) -> bool:
        """Whether a request without this key, or with any value of it, is turned away."""
        return any(
            condition.is_about(key) and condition.operator in _BINDING and "*" not in condition.values
            for condition in self.conditions
        )


@dataclass(frozen=True)
class Holder:
    """What a policy is attached to: a role, a bucket; its name is None until it is known."""

    noun: str
    name: str | None
    account: str | None = None
    path: str = "/"

    @property
    def arn(self) -> str | None:
        """The end of a role's ARN, from its account on."""
        return f":iam::{self.account}:role{self.path}{self.name}" if self.account and self.name else None


@dataclass(frozen=True)
class Policy:
    number: int
    """Its place in the plan, which makes its anchors."""
    address: str
    name: str
    kind: Kind
    holder: Holder
    document: Mapping[str, Any] | None
    """None is a policy that is known after the apply only."""
    sensitive: bool = False

    @property
    def known(self) -> bool:
        return self.document is not None

    @property
    def anchor(self) -> str:
        return f"policy-{self.number}"

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        statements = enumerate(map(_statement, raw_statements(self.document or {})), start=1)
        return tuple(Rule(self, place, statement) for place, statement in statements)


@dataclass(frozen=True)
class Rule:
    """A statement, and where it stands."""

    policy: Policy
    place: int
    statement: Statement

    @property
    def anchor(self) -> str:
        return f"{self.policy.anchor}-{self.place}"

    @property
    def sid(self) -> str:
        return self.statement.sid or f"statement {self.place}, which has no Sid"


# The operators that hold for named values only: not the negated ones, those with IfExists, nor ForAllValues.
_BINDING = {
    prefix + operator
    for prefix in ("", "ForAnyValue:")
    for operator in ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
}


def raw_statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def account_of(principal: str) -> str | None:
    """The account of an ARN, or of an account's id; None where it names none."""
    fields = principal.split(":")
    account = fields[4] if len(fields) > 5 else principal
    return account if ACCOUNT.fullmatch(account) else None


def matches(pattern: str, name: str, ignore_case: bool = False) -> bool:
    """As IAM compares: `*` is any text, `?` one letter."""
    words = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(words, name, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def _statement(raw: Mapping[str, Any]) -> Statement:
    return Statement(
        sid=str(raw["Sid"]) if raw.get("Sid") else None,
        effect=str(raw.get("Effect", "")),
        principals=tuple(_principals(raw.get("Principal", raw.get("NotPrincipal", {})))),
        inverted_principals="NotPrincipal" in raw,
        actions=_names(raw, "Action"),
        resources=_names(raw, "Resource"),
        conditions=tuple(
            Condition(operator, key, tuple(_texts(values)))
            for operator, tests in raw.get("Condition", {}).items()
            for key, values in tests.items()
        ),
    )


def _principals(raw: Any) -> Iterator[Principal]:
    for kind, names in ({"AWS": raw} if isinstance(raw, str) else raw).items():
        for name in _texts(names):
            yield Principal(kind, name)


def _names(raw: Mapping[str, Any], element: str) -> Names:
    inverted = f"Not{element}" in raw
    return Names(tuple(_texts(raw.get(f"Not{element}" if inverted else element, []))), inverted)


def _texts(values: Any) -> Iterable[str]:
    """A policy may write one value without its list, and a truth without its quotes."""
    listed = values if isinstance(values, list) else [values]
    return (str(value).lower() if isinstance(value, bool) else str(value) for value in listed)

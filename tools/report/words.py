"""The parts of a statement in plain words.

Words are a list of texts; what is quoted from the plan is a ``Code`` among them, so that a page can set it apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tools.report.policy import Condition, Holder, Kind, Policy, Principal, Statement

Words = Sequence[str]


class Code(str):
    """A text in the words of AWS."""

    __slots__ = ()


_SUBJECTS: Mapping[str, str] = {
    "aws:calledvia": "the service in between",
    "aws:principalaccount": "the caller's account",
    "aws:principalarn": "the caller",
    "aws:principalorgid": "the caller's organization",
    "aws:principalorgpaths": "the caller's place in its organization",
    "aws:principaltype": "the kind of caller",
    "aws:resourceaccount": "the account of the resource",
    "aws:sourceaccount": "the account that the service acts for",
    "aws:sourcearn": "the resource that the service acts for",
    "aws:sourceip": "the caller's address",
    "aws:sourcevpc": "the caller's VPC",
    "aws:sourcevpce": "the VPC endpoint",
    "kms:encryptioncontext:aws:logs:arn": "the log group that is encrypted",
    "kms:encryptioncontext:aws:s3:arn": "what S3 encrypts for",
    "kms:viaservice": "the service that calls the key",
    "lambda:sourcefunctionarn": "the calling function",
    "s3:prefix": "the prefix that is listed",
    "s3:resourceaccount": "the bucket's account",
    "s3:tlsversion": "the TLS version",
    "s3:x-amz-server-side-encryption": "the request's encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "the request's KMS key",
    "sts:externalid": "the external ID",
    "sts:rolesessionname": "the session's name",
    "sts:sourceidentity": "the source identity",
}
_VERBS: Mapping[str, str] = {
    "StringEquals": "is",
    "StringNotEquals": "is not",
    "StringEqualsIgnoreCase": "is, in capitals or not,",
    "StringNotEqualsIgnoreCase": "is not, in capitals or not,",
    "StringLike": "is like",
    "StringNotLike": "is not like",
    "ArnEquals": "is like",
    "ArnLike": "is like",
    "ArnNotEquals": "is not like",
    "ArnNotLike": "is not like",
    "Bool": "is",
    "NumericEquals": "is",
    "NumericNotEquals": "is not",
    "NumericLessThan": "is below",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is above",
    "NumericGreaterThanEquals": "is at least",
    "DateLessThan": "is before",
    "DateGreaterThan": "is after",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
}
_SETS = {"ForAnyValue": "one of the values of ", "ForAllValues": "each value of "}


def condition(one: Condition) -> Words:
    """A condition as the end of a sentence that says `when`."""
    sets, _, operator = one.operator.rpartition(":")
    optional = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    subject = _SUBJECTS.get(one.key.lower()) or Code(one.key)
    if operator == "Null":
        # In the words of AWS: that the key is absent is true, or false.
        return [subject, " is not given" if one.values == ("true",) else " is given"]
    if operator == "Bool" and one.is_about("aws:SecureTransport") and not optional and not sets:
        return ["it does not come over HTTPS" if one.values == ("false",) else "it comes over HTTPS"]
    words = [_SETS.get(sets, ""), subject, f" {_verb(operator, one.values)} ", *listed(map(Code, one.values), "or")]
    return [*words, " (or is not given)"] if optional or sets == "ForAllValues" else words


def _verb(operator: str, values: Sequence[str]) -> str:
    verb = _VERBS.get(operator, operator)
    plain = not any(wildcard in value for value in values for wildcard in "*?")
    return verb.removesuffix(" like") if plain else verb


def conditions(statement: Statement) -> Words:
    """All of them, which must hold together."""
    return joined([condition(one) for one in statement.conditions], ", and ")


def principal(one: Principal) -> Words:
    if one.is_anybody:
        return ["everybody"]
    if one.kind == "Service":
        return ["the service ", Code(one.name)]
    if one.kind == "AWS" and one.name.startswith(("AROA", "AIDA")):
        return ["a principal that exists no more, ", Code(one.name)]
    if one.is_account:
        return ["the account ", Code(one.account or one.name), ", whose IAM decides who"]
    noun, slash, name = one.name.split(":", 5)[-1].partition("/")
    if slash and one.account and noun in ("role", "user"):
        return [f"the {noun} ", Code(name), " of account ", Code(one.account)]
    return ["" if one.kind == "AWS" else f"{one.kind} ", Code(one.name)]


def principals(statement: Statement) -> Words:
    everyone = joined([principal(one) for one in statement.principals], ", and ")
    return ["everybody but ", *everyone] if statement.inverted_principals else everyone


def holder(one: Holder) -> Words:
    name: Words = [" ", Code(one.path.lstrip("/") + one.name)] if one.name else []
    account: Words = [" of account ", Code(one.account)] if one.account else []
    return [f"the {one.noun}", *name, *account]


def actions(statement: Statement) -> Words:
    every = listed(map(Code, statement.actions.values), "and")
    return ["all but ", *every] if statement.actions.inverted else every


def policy(one: Policy) -> Words:
    if one.kind is Kind.RESOURCE:
        return ["the policy of ", *holder(one.holder)]
    if one.kind is Kind.TRUST:
        return ["the trust policy of ", *holder(one.holder)]
    noun = "permissions boundary" if one.kind is Kind.BOUNDARY else "policy"
    return [f"the {noun} ", Code(one.name), " of ", *holder(one.holder)]


def capital(some: Words) -> Words:
    """As a sentence begins."""
    first = next((place for place, text in enumerate(some) if text), 0)
    begins = some[first]
    return some if isinstance(begins, Code) else [begins[:1].upper() + begins[1:], *some[first + 1 :]]


def listed(items: Iterable[str], last: str) -> Words:
    """`a, b or c`."""
    every = list(items)
    return [
        text
        for place, item in enumerate(every)
        for text in ("" if place == 0 else f" {last} " if place == len(every) - 1 else ", ", item)
    ]


def joined(parts: Iterable[Words], between: str) -> Words:
    return [text for place, part in enumerate(parts) for text in ((between if place else ""), *part)]


def plain(words: Words) -> str:
    return "".join(words)

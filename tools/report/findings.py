"""What to look at in the policies of an instance: each check, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tools.report import words
from tools.report.policy import Kind, Policy, Rule, Statement
from tools.report.sides import Instance, Side
from tools.report.words import Words

_ASSUME = "sts:AssumeRole"
_ERASING = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket")
# Condition keys that say who calls: IAM User Guide, "AWS global condition context keys".
_CALLERS = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:userid",
    "aws:username",
    "lambda:sourcefunctionarn",
    "sts:externalid",
    "sts:sourceidentity",
}
_OPENING = ("s3:PutObjectAcl", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock")


@dataclass(frozen=True)
class Finding:
    says: Words
    at: Rule | Policy | None = None


def _not_known(instance: Instance) -> str | None:
    hidden = sum(not policy.known for policy in instance.policies)
    verb = "is" if hidden == 1 else "are"
    return f"{hidden} of {len(instance.policies)} policies {verb} known after the apply only" if hidden else None


@dataclass(frozen=True)
class Check:
    """Something to look for. ``blind`` says why it cannot be told whether there is more of it; None where it can.

    ``counts`` is False of what makes other checks blind: it is no finding by itself.
    """

    title: str
    why: str
    find: Callable[[Instance], Iterator[Finding]]
    blind: Callable[[Instance], str | None] = _not_known
    counts: bool = True


@dataclass(frozen=True)
class Outcome:
    check: Check
    findings: tuple[Finding, ...]
    unknown: str | None
    """Why nothing can be said of what was not found."""


def look(instance: Instance) -> list[Outcome]:
    """Every check: first those that found something, then those that could not tell."""
    outcomes = [Outcome(check, tuple(check.find(instance)), check.blind(instance)) for check in CHECKS]
    return sorted(outcomes, key=lambda outcome: (not outcome.findings, not outcome.unknown))


def _each(holds: Callable[[Rule], bool], says: Callable[[Rule], Words]) -> Callable[[Instance], Iterator[Finding]]:
    """Every statement of which something holds, and what to say of it."""

    def find(instance: Instance) -> Iterator[Finding]:
        for rule in instance.rules:
            if holds(rule):
                yield Finding(says(rule), rule)

    return find


def _when(rule: Rule) -> Words:
    conditions = words.conditions(rule.statement)
    return ["only when ", *conditions] if conditions else ["without a condition"]


def _lets_anybody(rule: Rule) -> bool:
    one = rule.statement
    return one.allows and (any(principal.is_anybody for principal in one.principals) or one.inverted_principals)


def _trusts_an_account(rule: Rule) -> bool:
    one = rule.statement
    whole = any(principal.is_account for principal in one.principals)
    return rule.policy.kind is Kind.TRUST and one.allows and whole and not one.asks_for("aws:PrincipalArn")


def _trusts_across(rule: Rule) -> bool:
    one, own = rule.statement, rule.policy.holder.account
    across = any(principal.account and principal.account != own for principal in one.principals)
    guarded = one.asks_for("sts:ExternalId") or one.asks_for("aws:PrincipalOrgID")
    return rule.policy.kind is Kind.TRUST and one.allows and across and not guarded


def _trusts_the_gone(rule: Rule) -> bool:
    return any(one.kind == "AWS" and one.name.startswith(("AROA", "AIDA")) for one in rule.statement.principals)


def _assumes_from_anywhere(rule: Rule) -> bool:
    one = rule.statement
    identity = rule.policy.kind is Kind.IDENTITY
    return identity and one.may(_ASSUME) and not one.asks_for("lambda:SourceFunctionArn")


def _assumes_many(rule: Rule) -> bool:
    one = rule.statement
    wide = one.resources.inverted or any("*" in value or "?" in value for value in one.resources.values)
    return rule.policy.kind is Kind.IDENTITY and one.may(_ASSUME) and wide


def _allows_a_whole_service(rule: Rule) -> bool:
    return rule.statement.allows and any(
        value == "*" or value.endswith(":*") for value in rule.statement.actions.values
    )


def _allows_all_but(rule: Rule) -> bool:
    return rule.statement.allows and (rule.statement.actions.inverted or rule.statement.resources.inverted)


def _allows_everywhere(rule: Rule) -> bool:
    one = rule.statement
    return rule.policy.kind is Kind.IDENTITY and one.allows and "*" in one.resources.values


def _allows_one_of(actions: Iterable[str]) -> Callable[[Rule], bool]:
    asked = tuple(actions)
    return lambda rule: any(rule.statement.may(action) for action in asked)


def _lacks(service: str, key: str) -> Callable[[Rule], bool]:
    """An identity policy allows something of a service, whatever the key is."""

    def holds(rule: Rule) -> bool:
        one = rule.statement
        about = one.actions.inverted or any(
            value == "*" or value.lower().startswith(service) for value in one.actions.values
        )
        return rule.policy.kind is Kind.IDENTITY and one.allows and about and not one.asks_for(key)

    return holds


def _actions_and_when(rule: Rule) -> Words:
    return [*words.actions(rule.statement), ", ", *_when(rule)]


def _accounts_not_known(instance: Instance) -> str | None:
    if not instance.lambda_sides or not instance.s3_sides:
        return "the plan has one side only, which says nothing of who the other should be"
    if None in {side.account for side in instance.sides}:
        return "the plan does not say which accounts the two sides are in"
    return _not_known(instance)


def _outsiders(instance: Instance) -> Iterator[Finding]:
    """Accounts that are none of the instance's, as far as those are known."""
    if not instance.lambda_sides or not instance.s3_sides or None in {side.account for side in instance.sides}:
        return
    insiders = {side.account for side in instance.sides}
    for rule in instance.rules:
        strangers = sorted({one.account for one in rule.statement.principals if one.account} - insiders)
        if rule.statement.allows and strangers:
            yield Finding(["account ", *words.listed(map(words.Code, strangers), "and"), ", ", *_when(rule)], rule)


def _missing_tls_denials(instance: Instance) -> Iterator[Finding]:
    for side in instance.s3_sides:
        policies = [policy for policy in side.policies if policy.holder.noun == "bucket"]
        if not policies:
            yield Finding(["the plan has no bucket policy of ", side.address or "the root module"])
        for policy in policies:
            yield from _missing_in(policy, side)


def _missing_in(policy: Policy, side: Side) -> Iterator[Finding]:
    if not policy.known:
        yield Finding(["the bucket's policy is known after the apply"], policy)
        return
    statements = [rule.statement for rule in policy.rules]
    for title, operator, key, values in (
        ("plain HTTP", "Bool", "aws:SecureTransport", ("false",)),
        ("TLS below 1.2", "NumericLessThan", "s3:TlsVersion", ("1.2", "1.3")),
    ):
        if not any(_denies_all(one, operator, key, values, side.bucket) for one in statements):
            yield Finding(
                [f"nothing denies {title} to everybody, for all of S3, on the bucket and its objects"], policy
            )


def _denies_all(one: Statement, operator: str, key: str, values: Iterable[str], bucket: str | None) -> bool:
    """A denial to everybody, of everything, under this one condition: a second one would only narrow it."""
    if one.effect != "Deny" or not any(who.is_anybody for who in one.principals) or one.inverted_principals:
        return False
    test = one.conditions[0] if len(one.conditions) == 1 else None
    under = (
        test is not None
        and test.operator == operator
        and test.is_about(key)
        and test.values[:1] in {(value,) for value in values}
    )
    every = not one.actions.inverted and {"s3:*", "*"} & {value.lower() for value in one.actions.values}
    return under and bool(every) and _covers_bucket(one, bucket)


def _covers_bucket(one: Statement, bucket: str | None) -> bool:
    names = [value.split(":")[-1] for value in one.resources.values]
    if one.resources.inverted:
        return False
    if bucket is None:
        return "*" in names or any(f"{name}/*" in names for name in names)
    return one.resources.cover("*") or {bucket, f"{bucket}/*"} <= set(names) or f"{bucket}*" in names


def _key_not_known(instance: Instance) -> str | None:
    for side in instance.s3_sides:
        if not any(policy.holder.noun == "KMS key" for policy in side.policies):
            return "the plan has no policy of a key: the bucket's key, if it has one, is not the module's"
    return _not_known(instance) if instance.s3_sides else "the plan has no bucket"


def _matches_more(rule: Rule) -> bool:
    """A wildcard among the callers that a condition picks. ArnEquals compares as ArnLike does."""
    return any(
        condition.key.lower() in _CALLERS and any("*" in value or "?" in value for value in condition.values)
        for condition in rule.statement.conditions
    )


def _callers(rule: Rule) -> Words:
    tests = [condition for condition in rule.statement.conditions if condition.key.lower() in _CALLERS]
    return words.joined([words.condition(condition) for condition in tests], ", and ")


def _readers_without_the_key(instance: Instance) -> Iterator[Finding]:
    for side in instance.s3_sides:
        keys = [rule for rule in side.rules if rule.policy.holder.noun == "KMS key"]
        for rule in side.rules if keys else ():
            if rule.policy.holder.noun != "bucket" or not rule.statement.may("s3:GetObject"):
                continue
            readers = {one.account for one in rule.statement.principals if one.account} - {side.account}
            decrypting = [who for key in keys if key.statement.may("kms:Decrypt") for who in key.statement.principals]
            lacking = readers - {who.account for who in decrypting}
            if lacking and not any(who.is_anybody for who in decrypting):
                named = words.listed(map(words.Code, sorted(filter(None, lacking))), "and")
                yield Finding(["account ", *named, " gets the object and not the key"], rule)


def _beyond_its_boundary(instance: Instance) -> Iterator[Finding]:
    """By the names of the actions alone: what a boundary narrows by resource or condition is not compared."""
    for side in instance.sides:
        for rule in side.rules:
            boundary = side.boundary_of(rule.policy.holder) if rule.policy.kind is Kind.IDENTITY else None
            if boundary is None or not rule.statement.allows or rule.statement.actions.inverted:
                continue
            through = [one.statement for one in boundary.rules]
            lost = [action for action in rule.statement.actions.values if not any(one.may(action) for one in through)]
            if lost:
                named = words.listed(map(words.Code, lost), "and")
                yield Finding([words.Code(boundary.name), " does not let through ", *named], rule)


def _unknown(instance: Instance) -> Iterator[Finding]:
    for policy in instance.policies:
        if not policy.known:
            yield Finding(["read it in a plan that follows the apply"], policy)


def _sensitive(instance: Instance) -> Iterator[Finding]:
    for policy in instance.policies:
        if policy.sensitive:
            yield Finding(["this page shows it, so keep the page as you keep the plan"], policy)


CHECKS = (
    Check(
        "Policies that are not known yet",
        "No check can speak of them.",
        _unknown,
        blind=lambda instance: None,
        counts=False,
    ),
    Check(
        "Access for everybody",
        "An Allow with a wildcard principal, or for all but some, lets strangers in unless a condition keeps them out.",
        _each(_lets_anybody, _when),
    ),
    Check(
        "Trust in a whole account",
        "Without aws:PrincipalArn, everybody whom that account's IAM lets may assume the role.",
        _each(_trusts_an_account, _when),
    ),
    Check(
        "Access for other accounts than these two",
        "A statement that the caller added, as a rule; each should be known to you.",
        _outsiders,
        _accounts_not_known,
    ),
    Check(
        "Trust across accounts without an external ID or an organization",
        "The external ID guards against a confused deputy; without one, the principal alone decides.",
        _each(_trusts_across, _when),
    ),
    Check(
        "Trust in a principal that exists no more",
        "An id in the place of an ARN is a role or user that was deleted: nobody can use that trust.",
        _each(_trusts_the_gone, lambda rule: words.principals(rule.statement)),
    ),
    Check(
        "Assuming a role from anywhere",
        "Without lambda:SourceFunctionArn, credentials of the execution role work outside its function too.",
        _each(_assumes_from_anywhere, _when),
    ),
    Check(
        "Assuming roles by a wildcard",
        "Every role that matches, and trusts this one, can be assumed.",
        _each(_assumes_many, lambda rule: words.listed(map(words.Code, rule.statement.resources.values), "and")),
    ),
    Check(
        "Every action of a service",
        "s3:* and its like hold what AWS will add one day, too.",
        _each(_allows_a_whole_service, _actions_and_when),
    ),
    Check(
        "Everything but",
        "An Allow with NotAction or NotResource is wider than it reads.",
        _each(_allows_all_but, _when),
    ),
    Check(
        "Rights on every resource",
        'An identity policy with Resource "*"; some services, X-Ray for one, know nothing narrower.',
        _each(_allows_everywhere, _actions_and_when),
    ),
    Check(
        "Deleting objects or the bucket",
        "Who only writes need not delete. With versioning, s3:DeleteObject hides; s3:DeleteObjectVersion destroys.",
        _each(_allows_one_of(_ERASING), _actions_and_when),
    ),
    Check(
        "Opening objects or the bucket to others",
        "ACLs, the bucket's policy and its public access block decide who else gets in.",
        _each(_allows_one_of(_OPENING), _actions_and_when),
    ),
    Check(
        "S3 without the owner of the bucket",
        "Without s3:ResourceAccount, a bucket of that name in another account would do as well.",
        _each(_lacks("s3:", "s3:ResourceAccount"), _when),
    ),
    Check(
        "KMS without the service that calls it",
        "Without kms:ViaService, the key can be used apart from S3.",
        _each(_lacks("kms:", "kms:ViaService"), _when),
    ),
    Check(
        "A bucket without the two TLS denials",
        "Plain HTTP, and TLS older than 1.2, should be denied to everybody.",
        _missing_tls_denials,
    ),
    Check(
        "Readers without the key",
        "Who gets objects from another account must be allowed kms:Decrypt by the policy of the bucket's key, too.",
        _readers_without_the_key,
        _key_not_known,
    ),
    Check(
        "A wildcard among the callers of a condition",
        "Every caller that matches meets the condition: in a Deny that spares callers, each of them is spared.",
        _each(_matches_more, _callers),
    ),
    Check(
        "Rights beyond the role's boundary",
        "What a role's own policy allows is denied all the same where its permissions boundary does not allow it, too.",
        _beyond_its_boundary,
    ),
    Check(
        "Policies that Terraform marks as sensitive",
        "They hold a value that the root declared sensitive.",
        _sensitive,
    ),
)

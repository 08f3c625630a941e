"""An instance in one or two sentences: who can write, where, and under which conditions.

They say what the policies of the plan say together, not what AWS would decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.report import words
from tools.report.holders import Role
from tools.report.policy import Kind, Policy, Rule, Statement, matches
from tools.report.sides import Instance, Side
from tools.report.words import Code, Words

_ASSUME = "sts:AssumeRole"
_VERBS: Mapping[str, str] = {
    "s3:PutObject": "write",
    "s3:GetObject": "read",
    "s3:ListBucket": "list",
    "s3:DeleteObject": "delete",
    "s3:PutObjectTagging": "tag",
}


def sentences(instance: Instance) -> Iterator[Words]:
    for side in instance.s3_sides:
        for role in side.roles:
            yield _writing(instance, side, role)
        yield from _bucket_policy(side)
    if not instance.s3_sides:
        for side in instance.lambda_sides:
            for role in side.roles:
                yield _assuming(side, role)


def _writing(instance: Instance, side: Side, role: Role) -> Words:
    trust = [policy for policy in _of(side, role) if policy.kind is Kind.TRUST]
    own = [policy for policy in _of(side, role) if policy.kind is Kind.IDENTITY]
    trusting = _may(trust, _ASSUME)
    if not trusting:
        hidden = any(not policy.known for policy in trust)
        reason = "is known after the apply only" if hidden else "is nobody, by its trust policy"
        return ["Who can assume ", *words.holder(role.holder), f" {reason}."]
    demands = words.joined([_unsaid(statement) or ["nothing more"] for statement in trusting], ", or ")
    asks = [" asks that ", *demands] if any(map(_unsaid, trusting)) else [" asks for nothing more"]
    return [
        *words.capital(words.joined([_who(statement) for statement in trusting], ", or ")),
        " can ",
        *_doing(own),
        ". For that it assumes ",
        *words.holder(role.holder),
        ", whose trust policy",
        *asks,
        ". ",
        *_other_side(instance, role),
        " The permissions boundary of the role, which is not read here, may allow less." if role.boundary != "" else "",
    ]


def _who(statement: Statement) -> Words:
    """Of a trust in a whole account, the one role that a condition picks, where it does."""
    named = [one for one in statement.conditions if one.is_about("aws:PrincipalArn")]
    if named and statement.asks_for("aws:PrincipalArn"):
        return ["whoever has the ARN ", *words.listed(map(Code, named[0].values), "or")]
    return words.principals(statement)


def _doing(policies: Sequence[Policy]) -> Words:
    """What a role's policies allow in S3, each with its places and conditions."""
    if not any(policy.known for policy in policies):
        return ["do what is known after the apply only"]
    deeds: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, verb in _VERBS.items():
        for statement in _may(policies, action):
            deeds[tuple(_where(statement))].append(verb)
    deeds_in_words = [
        [*words.listed(dict.fromkeys(verbs), "and"), " to " if verbs == ["write"] else " at ", *where]
        for where, verbs in deeds.items()
    ]
    return words.joined(deeds_in_words, "; ") or ["do nothing with objects, by the policies that are known"]


def _where(statement: Statement) -> Words:
    places = words.listed((Code(_short(resource)) for resource in statement.resources.values), "and")
    when = [", when ", *words.conditions(statement)] if statement.conditions else []
    return ["anything but " if statement.resources.inverted else "", *places, *when]


def _unsaid(statement: Statement) -> Words:
    """The conditions that `_who` has not said."""
    said = "aws:PrincipalArn" if statement.asks_for("aws:PrincipalArn") else ""
    return words.joined([words.condition(one) for one in statement.conditions if not one.is_about(said)], ", and ")


def _when(statements: Sequence[Statement]) -> Words:
    """The conditions of statements of which one is enough."""
    if all(not statement.conditions for statement in statements):
        return [" without a condition"]
    return [" when ", *words.joined([words.conditions(one) or ["always"] for one in statements], ", or ")]


def _other_side(instance: Instance, role: Role) -> Words:
    """What account A says to that."""
    if not instance.lambda_sides:
        return ["What the caller's own account says to that is not in this plan."]
    assuming = [
        rule.statement
        for side in instance.lambda_sides
        for rule in side.rules
        if rule.policy.kind is Kind.IDENTITY and rule.statement.may(_ASSUME) and _reaches(rule, role)
    ]
    if assuming:
        return ["Account A lets its function assume that role", *_when(assuming), "."]
    unknown = any(not policy.known for side in instance.lambda_sides for policy in side.policies)
    return [
        "Whether account A lets its function assume that role is known after the apply."
        if unknown
        else "No policy of account A in this plan lets its function assume that role."
    ]


def _reaches(rule: Rule, role: Role) -> bool:
    """Whether a statement of account A covers a role of account B, as far as its account is known."""
    holder, resources = role.holder, rule.statement.resources
    if holder.name is None:
        return False
    tail = f"role{holder.path}{holder.name}"
    return any(
        matches(value, f"{':'.join(value.split(':')[:4])}:{holder.account or value.split(':')[4]}:{tail}")
        if value.count(":") >= 5
        else matches(value, tail)
        for value in resources.values
    ) != (resources.inverted)


def _bucket_policy(side: Side) -> Iterator[Words]:
    """What the bucket's policy allows and denies by itself."""
    policies = [policy for policy in side.policies if policy.holder.noun == "bucket"]
    if any(not policy.known for policy in policies):
        yield ["What the bucket's policy allows and denies is known after the apply only."]
    for verb, effect in (("allows", "Allow"), ("denies", "Deny")):
        statements = [rule.statement for policy in policies for rule in policy.rules if rule.statement.effect == effect]
        if statements:
            deeds = [_deed(statement) for statement in statements]
            yield [f"The bucket's policy {verb} ", *words.joined(deeds, "; "), "."]


def _deed(statement: Statement) -> Words:
    return [*words.principals(statement), ": ", *words.actions(statement), *_when([statement])]


def _assuming(side: Side, role: Role) -> Words:
    policies = [policy for policy in _of(side, role) if policy.kind is Kind.IDENTITY]
    statements = _may(policies, _ASSUME)
    if not statements:
        return [*words.capital(words.holder(role.holder)), " can assume no role by the policies that are known."]
    targets = dict.fromkeys(value for statement in statements for value in statement.resources.values)
    return [
        *words.capital(words.holder(role.holder)),
        " may assume ",
        *words.listed(map(Code, targets), "and"),
        *_when(statements),
        ". Whom those roles trust, and what they may do, is not in this plan.",
    ]


def _of(side: Side, role: Role) -> Iterator[Policy]:
    return (policy for policy in side.policies if policy.holder == role.holder)


def _may(policies: Iterable[Policy], action: str) -> list[Statement]:
    return [rule.statement for policy in policies for rule in policy.rules if rule.statement.may(action)]


def _short(arn: str) -> str:
    return arn.split(":", 5)[-1] if arn.count(":") >= 5 else arn

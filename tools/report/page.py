"""The report as one page of HTML that needs nothing else. All that comes from the plan is escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tools.report import findings, headline, verdict, words
from tools.report.findings import Finding, Outcome
from tools.report.holders import Role
from tools.report.plan import Plan
from tools.report.policy import Condition, Kind, Names, Policy, Rule, raw_statements
from tools.report.sides import Instance, Side
from tools.report.words import Code, Words

_STYLE = Path(__file__).with_name("style.css")
_COLUMNS = ("Who", "Effect", "Does what", "To what", "When", "By which statement")
# The order in which one reads a statement; a plan sorts the keys.
_READING_ORDER = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)


def render(plan: Plan, source: str) -> str:
    """The page of a plan; ``source`` is what the reader calls the plan."""
    title = f"Access report: {', '.join(instance.address for instance in plan.instances)}"
    body = [
        '<a class="skip" href="#report">To the report</a>',
        "<header>",
        "<h1>Access report</h1>",
        f'<p class="verdict"><strong>{escape(verdict.of(plan).sentence)}</strong></p>',
        f"<p>Who can do what to what, and by which statement: read from a {plan.kind}.</p>",
        *_provenance(plan, source),
        "</header>",
        '<main id="report" tabindex="-1">',
        *_contents(plan),
        *(line for number, one in enumerate(plan.instances, start=1) for line in _instance(one, number)),
        "</main>",
    ]
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="robots" content="noindex">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>",
    ]
    lines = ["<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", *body, "</body>", "</html>"]
    return "\n".join(lines) + "\n"


def _provenance(plan: Plan, source: str) -> Iterator[str]:
    """What was read, and what was not."""
    unknown = sum(not policy.known for policy in plan.policies)
    facts = {
        plan.kind.capitalize(): Code(source),
        "Made at": plan.made_at,
        "Terraform": plan.terraform_version,
        "Resources in it": str(plan.resources),
        "Instances of the module": str(len(plan.instances)),
        "Their policies": f"{len(plan.policies)}, of which {unknown or 'none'} known after the apply only",
    }
    yield '<dl class="facts">'
    yield from (f"<dt>{name}</dt><dd>{_inline([fact])}</dd>" for name, fact in facts.items())
    yield "</dl>"
    if not plan.whole:
        yield '<p class="warning">Terraform says that this plan is not complete: there may be more to it.</p>'
    yield '<div class="limits">'
    yield (
        "<p>This page reads the policies that the plan holds, and compares their words. It does not evaluate them, and "
        "it knows nothing of what else decides in the two accounts: service control policies (SCPs), resource control "
        "policies (RCPs), permissions boundaries that are not in this plan, session policies, policies of VPC "
        "endpoints, and policies that others attach. What it says holds for the time at which the plan was made.</p>"
    )
    yield from _unread(plan.unread)
    yield "</div>"


def _unread(addresses: Iterable[str]) -> Iterator[str]:
    listed = [f"<li><code>{escape(address)}</code></li>" for address in addresses]
    if listed:
        yield "<p>Not read, though these resources of the plan may give rights, too, or bound them:</p>"
        yield from ("<ul>", *listed, "</ul>")
    else:
        yield "<p>No other resource of this plan is known to give rights.</p>"


def _contents(plan: Plan) -> Iterator[str]:
    if len(plan.instances) > 1:
        yield '<nav aria-label="Instances"><ul>'
        for number, one in enumerate(plan.instances, start=1):
            yield f'<li><a href="#instance-{number}">{escape(one.address)}</a></li>'
        yield "</ul></nav>"


def _instance(instance: Instance, number: int) -> Iterator[str]:
    yield f'<section aria-labelledby="instance-{number}">'
    yield f'<h2 id="instance-{number}">{_inline([Code(instance.address)])}</h2>'
    yield '<dl class="answers">'
    for question, every in headline.answers(instance):
        yield f"<dt>{escape(question)}</dt>"
        yield "<dd>"
        for answer in every:
            yield f"<p>{_inline(answer.says)}{':' if answer.items else ''}</p>"
            if answer.items:
                yield f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in answer.items)}</ul>"
        yield "</dd>"
    yield "</dl>"
    yield "<h3>What to look at</h3>"
    yield from _checks(findings.look(instance))
    yield "<h3>Who can do what to what</h3>"
    yield from _table(instance)
    yield "<h3>The policies side by side</h3>"
    single = "" if instance.lambda_sides and instance.s3_sides else " single"
    yield f'<div class="sides{single}">'
    yield from _account(instance.lambda_sides, "account-a", "Account A (Lambda)")
    yield from _account(instance.s3_sides, "account-b", "Account B (S3)")
    yield "</div>"
    yield "</section>"


def _checks(outcomes: Iterable[Outcome]) -> Iterator[str]:
    every = list(outcomes)
    found = [outcome for outcome in every if outcome.findings]
    untold = [outcome for outcome in every if not outcome.findings and outcome.unknown]
    clear = [outcome for outcome in every if not outcome.findings and not outcome.unknown]
    if found:
        yield '<ul class="checks">'
    for outcome in found:
        yield '<li class="check found">'
        count = f"{len(outcome.findings)} to look at"
        yield f'<p><strong>{escape(outcome.check.title)}</strong>: <span class="count">{count}</span></p>'
        yield f'<p class="small">{escape(outcome.check.why)}</p>'
        yield "<ul>"
        yield from (f"<li>{_finding(one)}</li>" for one in outcome.findings)
        if outcome.unknown:
            yield f"<li>There may be more: {escape(outcome.unknown)}.</li>"
        yield "</ul></li>"
    if found:
        yield "</ul>"
    yield from _listed("None found in what is known, and not known whether there are any:", untold)
    yield from _listed("Looked for and not found:", clear)


def _listed(title: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    if not outcomes:
        return
    yield f"<p>{title}</p>"
    yield '<ul class="clear">'
    for outcome in outcomes:
        why = f'<span class="soft small">{escape(outcome.check.why)}</span>'
        verdict = f"unknown</strong>, because {escape(outcome.unknown)}" if outcome.unknown else "none found</strong>"
        yield f"<li>{escape(outcome.check.title)}: <strong>{verdict}<br>{why}</li>"
    yield "</ul>"


def _finding(finding: Finding) -> str:
    if isinstance(finding.at, Rule):
        rule = finding.at
        link = f'<a href="#{rule.anchor}">{escape(rule.sid)}</a> in {_inline(words.policy(rule.policy))}'
        return f"{link}: {_inline(finding.says)}"
    if finding.at is not None:
        link = f'<a href="#{finding.at.anchor}">{_inline(words.capital(words.policy(finding.at)))}</a>'
        return f"{link}: {_inline(finding.says)}"
    return _inline(finding.says)


def _table(instance: Instance) -> Iterator[str]:
    # The roles are said aloud, because a browser forgets them once a narrow page shows the rows as cards.
    yield '<table class="rules" role="table">'
    yield "<caption>A row per statement. Both accounts must allow a call from one to the other; a Deny wins.</caption>"
    heads = "".join(f'<th scope="col" role="columnheader">{column}</th>' for column in _COLUMNS)
    yield f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
    yield '<tbody role="rowgroup">'
    for side in instance.sides:
        for policy in side.policies:
            boundary = side.boundary_of(policy.holder) if policy.kind is Kind.IDENTITY else None
            if policy.known:
                yield from (_row(*_cells(rule, boundary)) for rule in policy.rules)
            else:
                yield _row(*_unknown_cells(policy))
    yield "</tbody>"
    yield "</table>"


def _row(who: str, *cells: str) -> str:
    first = f'<th scope="row" role="rowheader" data-label="{_COLUMNS[0]}"><div>{who}</div></th>'
    rest = (
        f'<td role="cell" data-label="{column}"><div>{cell}</div></td>'
        for column, cell in zip(_COLUMNS[1:], cells, strict=True)
    )
    return f'<tr role="row">{first}{"".join(rest)}</tr>'


def _cells(rule: Rule, boundary: Policy | None) -> Iterator[str]:
    one, policy = rule.statement, rule.policy
    yield _inline(words.holder(policy.holder) if policy.kind is Kind.IDENTITY else words.principals(one))
    yield escape(one.effect) if one.allows else f'<span class="deny">{escape(one.effect)}</span>'
    yield _names(one.actions, "all but")
    # A trust policy names no resource, and a key's policy names itself "*".
    itself = policy.kind is Kind.TRUST or (policy.holder.noun == "KMS key" and one.resources.values == ("*",))
    yield f"{_inline(words.holder(policy.holder))}, itself" if itself else _names(one.resources, "all but")
    yield _conditions(rule)
    bounded = f", bounded by {_link(boundary)}" if boundary and one.allows else ""
    yield f'<a class="from" href="#{rule.anchor}">{_breakable(rule.sid)}</a>in {_inline(words.policy(policy))}{bounded}'


def _link(boundary: Policy) -> str:
    return f'<a href="#{boundary.anchor}">{_code(boundary.name)}</a>'


def _conditions(rule: Rule) -> str:
    """Each in plain words, with the words of AWS below."""
    items = [
        f'<li>{_inline(words.condition(one))}<br><code class="soft">{_breakable(_in_words_of_aws(one))}</code></li>'
        for one in rule.statement.conditions
    ]
    return f"<ul>{'<li>and</li>'.join(items)}</ul>" if items else "always"


def _in_words_of_aws(one: Condition) -> str:
    """Its operator and key; its values, where the plain words do not quote them."""
    quoted = set(one.values) <= set(words.condition(one))
    return f"{one.operator} {one.key}" + ("" if quoted else f" = {', '.join(one.values)}")


def _unknown_cells(policy: Policy) -> Iterator[str]:
    unknown = '<span class="unknown">known after apply</span>'
    yield _inline(words.holder(policy.holder)) if policy.kind is Kind.IDENTITY else unknown
    yield from (unknown,) * 4
    yield f'<a class="from" href="#{policy.anchor}">all of it</a>in {_inline(words.policy(policy))}'


def _names(names: Names, inverted: str) -> str:
    items = "".join(f"<li>{_code(value)}</li>" for value in names.values)
    return f"{inverted if names.inverted else ''}<ul>{items}</ul>"


def _account(sides: Iterable[Side], name: str, title: str) -> Iterator[str]:
    for side in sides:
        account = f", {side.account}" if side.account else ""
        yield f'<div class="{name}">'
        yield f"<h4>{escape(title + account)}</h4>"
        yield f'<p class="soft small"><code>{escape(side.address or "the root module")}</code></p>'
        yield from (f'<p class="small">{_boundary(side, role)}</p>' for role in side.roles)
        yield from (line for policy in (*side.policies, *side.boundaries) for line in _policy(policy))
        yield "</div>"


def _boundary(side: Side, role: Role) -> str:
    boundary = side.boundary_of(role.holder)
    elsewhere = f"{_code(role.boundary or '')}, which this plan does not hold"
    says = _link(boundary) if boundary else {None: "known after apply", "": "none"}.get(role.boundary, elsewhere)
    return f"Permissions boundary of the role <code>{escape(role.holder.name or role.address)}</code>: {says}"


def _policy(policy: Policy) -> Iterator[str]:
    yield f'<div class="policy" id="{policy.anchor}">'
    yield f"<h5>{_inline(words.capital(words.policy(policy)))}</h5>"
    yield f'<p class="soft small"><code>{escape(policy.address)}</code></p>'
    if policy.document is None:
        yield '<p class="unknown">Known after apply: something in it does not exist yet.</p>'
    else:
        yield f"<pre>{_document(policy, policy.document)}</pre>"
    yield "</div>"


def _document(policy: Policy, document: Mapping[str, Any]) -> str:
    """The JSON of a policy, indented, each statement with its anchor."""
    parts = [escape(f"  {_json(key)}: {_json(value, 2)}") for key, value in document.items() if key != "Statement"]
    rules, raw = policy.rules, raw_statements(document)
    # A statement is a block, which ends its line by itself; the line end is for whoever copies the text.
    statements = [
        f'<span class="statement" id="{rule.anchor}">    {escape(_json(_in_order(one), 4))}'
        f"{',' if rule.place < len(rules) else ''}\n</span>"
        for rule, one in zip(rules, raw, strict=True)
    ]
    return "{\n" + ",\n".join([*parts, '  "Statement": [\n']) + "".join(statements) + "  ]\n}"


def _in_order(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    known = {key: statement[key] for key in _READING_ORDER if key in statement}
    return {**known, **statement}


def _json(value: Any, indent: int = 0) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + " " * indent)


def _inline(some: Words) -> str:
    return "".join(_code(text) if isinstance(text, Code) else escape(text) for text in some)


def _code(text: str) -> str:
    return f"<code>{_breakable(text)}</code>"


def _breakable(text: str) -> str:
    """A long name may go on in the next line between its parts."""
    return "<wbr>".join(map(escape, re.split(r"(?<=[:/])(?=[^:/])|(?<=[a-z])(?=[A-Z])", text)))

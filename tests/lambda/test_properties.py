"""Whatever arrives: an event is decoded or refused in one clear sentence, and no key leads out of its prefix."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from cross_account_s3.errors import InputError
from cross_account_s3.events import decode
from cross_account_s3.model import Event, MailStore, Naming, PutRequest, SourceObject
from cross_account_s3.transfer import provenance
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import golden
from tests.writer import created, message

TEMPLATES = [None, "{source_key}", "{source_bucket}/{content_hash}", "{year}/{message_id}.txt", "x{source_key}y/{hour}"]
# Keys as they may be: edges of the length, dots, slashes, control characters, surrogates, what encodings stumble over.
KEYS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=("Cs", "Cc", "Lu")), max_size=10),
    st.text("./\\%+ ", max_size=12),
    st.integers(1000, 1040).map(lambda length: "k" * length),
    st.integers(500, 520).map(lambda length: "é" * length),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), KEYS)
NAMES = st.one_of(
    st.sampled_from(
        [
            "Records",
            "eventSource",
            "EventSource",
            "s3",
            "Sns",
            "ses",
            "body",
            "key",
            "object",
            "detail",
            "source",
            "id",
            "time",
        ]
    ),
    st.text(max_size=5),
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


EVENTS = [case["event"] for _, case in golden.cases()]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from _paths(inner, (*path, name))


@st.composite
def almost_events(draw: st.DrawFn) -> Any:
    """A golden event, with one of its values replaced."""
    event = copy.deepcopy(draw(st.sampled_from(EVENTS)))
    *path, last = draw(st.sampled_from([path for path in _paths(event) if path]))
    place = event
    for name in path:
        place = place[name]
    place[last] = draw(JSON)
    return event


def _decode(event: Any, naming: Naming) -> Event | None:
    """The event, or None when it was refused, as everything must be refused."""
    try:
        decoded = decode(event, naming, MailStore("acme-mail", "raw/"))
    except InputError as error:
        _check_sentence(error)
        return None
    for item in decoded.messages:
        if item.error is not None:
            assert isinstance(item.error, InputError)
            _check_sentence(item.error)
        for request in item.requests:
            if isinstance(request, PutRequest) and decoded.direct:
                continue  # it names itself; the destination compares it with the prefixes
            _check_key(request.key)
    return decoded


def _check_sentence(error: InputError) -> None:
    text = str(error)
    assert text.startswith(f"input.{error.error_code}: {error.field} ")
    assert "\n" not in text
    assert len(text) < 500
    text.encode()  # can be written anywhere


def _check_key(key: str) -> None:
    assert 0 < len(key.encode()) <= 1024
    assert not any(ord(character) < 32 or ord(character) == 127 for character in key)
    assert not {".", ".."} & set(key.split("/"))


@settings(max_examples=400, deadline=None)
@given(st.one_of(JSON, almost_events()), st.sampled_from(TEMPLATES))
def test_any_event_is_decoded_or_refused_in_one_sentence(event: Any, template: str | None) -> None:
    _decode(event, Naming("inbox/", template))


@settings(max_examples=300, deadline=None)
@given(KEYS, st.sampled_from(TEMPLATES))
@example("../../etc/passwd", None)
@example("a/./b", "{source_key}")
@example(".", "{source_key}")
@example("k" * 1018, None)
def test_no_key_of_a_source_leads_out_of_the_prefix(key: str, template: str | None) -> None:
    encoded = quote_plus(key, errors="replace")
    record = created("source", encoded, etag="e")

    decoded = _decode({"Records": [record]}, Naming("inbox/", template))

    if decoded is not None:
        [request] = decoded.messages[0].requests
        assert request.key.startswith("inbox/")
        assert template is not None or request.key == f"inbox/{unquote_plus(encoded)}"


@settings(max_examples=200, deadline=None)
@given(KEYS, KEYS, st.sampled_from(TEMPLATES))
def test_no_id_of_a_message_leads_out_of_its_place(message_id: str, time: str, template: str | None) -> None:
    event = {
        "id": message_id,
        "source": "acme",
        "detail-type": "t",
        "detail": {},
        "time": time or "2026-02-03T04:05:06Z",
    }

    decoded = _decode(event, Naming("inbox/", template))

    if decoded is not None:
        [request] = decoded.messages[0].requests
        assert request.key.startswith("inbox/")
        assert request.key.count("/") == (template or "inbox/{year}/{month}/{day}/{message_id}").count("/") + bool(
            template
        )


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), JSON.map(json.dumps), almost_events().map(json.dumps)))
@example("[" * 10_000)
@example('{"Records":' * 10_000)
@example("x" * 1_000_000)
def test_a_message_is_archived_as_it_is_or_is_an_event_or_is_refused(body: str) -> None:
    decoded = _decode({"Records": [message("m", body)]}, Naming("inbox/"))

    assert decoded is not None
    [item] = decoded.messages
    assert item.id == "m"
    for request in item.requests:
        if request.key == "inbox/2026/02/03/m" and isinstance(request, PutRequest):
            assert request.body == body.encode()


def test_an_event_nested_as_deep_as_python_takes_it_is_refused_in_one_sentence() -> None:
    detail: Any = {}
    for _ in range(100_000):
        detail = {"": detail}

    event = {"id": "1", "source": "acme", "detail-type": "t", "time": "2026-02-03T04:05:06Z", "detail": detail}
    assert _decode(event, Naming("inbox/")) is None


@settings(max_examples=300, deadline=None)
@given(KEYS, st.dictionaries(st.text("abc-", min_size=1, max_size=8), st.text("xyz", max_size=1000), max_size=4))
def test_provenance_is_ascii_and_fits(key: str, own: dict[str, str]) -> None:
    source = SourceObject("source", key.encode("utf-8", "replace").decode(), sequencer="0A")

    metadata = provenance.metadata(source, "v" * 32, own, needed=False)

    assert own.items() <= metadata.items()
    assert all(value.isascii() for value in metadata.values())
    given_up = metadata == own
    size = sum(len(name) + len(value) for name, value in metadata.items())
    assert given_up or size <= 2048
    assert given_up == (provenance.order(source, metadata) is None)


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789abcdefABCDEF", min_size=1), st.text("0123456789abcdefABCDEF", min_size=1))
@example("0A", "0a00")
def test_sequencers_are_ordered_as_s3_says(one: str, other: str) -> None:
    source = SourceObject("source", "a", sequencer=one)
    there = provenance.metadata(SourceObject("source", "a", sequencer=other), None, {}, needed=True)
    width = max(len(one), len(other))
    difference = int(other.ljust(width, "0"), 16) - int(one.ljust(width, "0"), 16)

    order = provenance.order(source, there)

    assert order == (difference > 0) - (difference < 0)

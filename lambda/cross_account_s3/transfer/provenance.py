"""Where a copy came from, kept in its metadata: for people, and to tell which of two events is the newer one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import quote

from cross_account_s3.model import SourceObject

_OBJECT, _SEQUENCER, _VERSION = "source-object", "source-sequencer", "source-version-id"
_METADATA_BYTES = 2048  # Amazon S3 User Guide, "Working with object metadata"
_OBJECT_BYTES = 512
_FORM = re.compile("[0-9A-Fa-f]{1,32}")


def metadata(source: SourceObject, version_id: str | None, found: Mapping[str, str]) -> dict[str, str]:
    """The object's own metadata and where it comes from. Where both are too much, the latter is left out.

    What an object has of these names already is of another copy, that it is a copy of.
    """
    own = {name: value for name, value in found.items() if name not in (_OBJECT, _SEQUENCER, _VERSION)}
    origin = {_OBJECT: _identity(source), _SEQUENCER: source.sequencer, _VERSION: version_id}
    both = {**own, **{name: value for name, value in origin.items() if value is not None}}
    return both if sum(len(name) + len(value) for name, value in both.items()) <= _METADATA_BYTES else own


def order(source: SourceObject, found: Mapping[str, str]) -> int | None:
    """Whether a copy with this metadata is older (-1), of the same event (0) or newer (1) than an event's object.

    None when that cannot be said: it is of another object, it is not a copy, or the sequencers have different forms:
    those of S3's notifications begin with "00", and those of EventBridge's events need not. Two of one form are
    compared as "Event message structure" in the Amazon S3 User Guide says, padded with zeros on the right.
    """
    theirs, ours = found.get(_SEQUENCER, ""), source.sequencer or ""
    if found.get(_OBJECT) != _identity(source) or not _FORM.fullmatch(theirs) or not _FORM.fullmatch(ours):
        return None
    if theirs.startswith("00") != ours.startswith("00"):
        return None
    width = max(len(theirs), len(ours))
    theirs, ours = theirs.lower().ljust(width, "0"), ours.lower().ljust(width, "0")
    return (theirs > ours) - (theirs < ours)


def _identity(source: SourceObject) -> str:
    """The object's URI, or a hash of one that is long: metadata is ASCII, and 2 KB in all."""
    uri = f"s3://{source.bucket}/{quote(source.key)}"
    return uri if len(uri) <= _OBJECT_BYTES else f"sha256:{hashlib.sha256(uri.encode()).hexdigest()}"

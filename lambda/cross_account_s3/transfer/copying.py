"""A copy under way: which state of the source is wanted, and whether the source has changed since it was read."""

from __future__ import annotations

from cross_account_s3.model import CopyRequest, Stored
from cross_account_s3.transfer.source import Absent, Opened, Source, State


class Copying:
    """``written`` is what this copy has stored so far; it may have to be stored again."""

    def __init__(self, request: CopyRequest, source: Source) -> None:
        self.request = request
        self.written: Stored | None = None
        self._source = source
        self._wanted = request.source
        self._read: State | None = None

    def open(self) -> Opened | Absent:
        """The source object that is to be copied.

        Raises:
            ReadError: it cannot be read.
        """
        opened = self._source.open(self._wanted, exact=self.request.exact)
        if opened == "superseded" and self.follow():
            opened = self._source.open(self._wanted)
        if isinstance(opened, Opened):
            self._read = opened.state
        return opened

    def follow(self) -> bool:
        """Want what is at the source's key now, instead of what the event tells of; whether that is right.

        It is not right where exactly that is asked for. Nor is it needed as long as nothing has been written: the newer
        object has an event of its own. But that event may have been handled before an earlier delivery of this one
        wrote what it had read. Then only another copy puts it right.
        """
        if self.request.exact or (self.request.first_delivery and self.written is None):
            return False
        self._wanted = self._wanted._replace(etag=None, version_id=None)
        return True

    def is_stale(self) -> bool:
        """Whether the source has another object by now than the one that was written. A deleted one is no other.

        Raises:
            ReadError: it cannot be told.
        """
        if self.request.exact:
            return False
        now = self._source.state(self.request.source)
        return now not in (None, self._read) and self.follow()

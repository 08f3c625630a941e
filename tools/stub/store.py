"""Buckets, their objects in all versions, and their multipart uploads."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.stub.content import Content
from tools.stub.wire import ServiceError


@dataclass(frozen=True)
class StoredObject:
    """An object as tests see it. ``body`` is None where only its size is known. ``headers`` have lower-case names."""

    key: str
    version_id: str
    size: int
    body: bytes | None
    etag: str
    crc32: str | None
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    tags: Mapping[str, str]
    deleted: bool


@dataclass(frozen=True)
class Version:
    """A version of an object, or a delete marker. ``etag`` is bare; ``crc32`` as its header has it."""

    key: str
    content: Content
    etag: str
    crc32: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    version_id: str = "null"
    modified: float = field(default_factory=time.time)

    def described(self) -> StoredObject:
        data = self.content.data
        return StoredObject(
            key=self.key,
            version_id=self.version_id,
            size=self.content.size,
            body=None if data is None else bytes(data),
            etag=self.etag,
            crc32=self.crc32,
            headers=self.headers,
            metadata=self.metadata,
            tags=self.tags,
            deleted=self.deleted,
        )


@dataclass(frozen=True)
class Part:
    content: Content
    etag: str
    crc32: int | None


@dataclass(frozen=True)
class Upload:
    """A multipart upload that is open. ``checksum_type`` is FULL_OBJECT, COMPOSITE, or None without a checksum."""

    key: str
    upload_id: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    tags: Mapping[str, str]
    checksum_type: str | None
    parts: dict[int, Part] = field(default_factory=dict)
    initiated: float = field(default_factory=time.time)


class Bucket:
    """A bucket; ``owner`` is an account id, "" for whichever is asked for."""

    def __init__(self, name: str, versioned: bool, owner: str) -> None:
        self.name, self.versioned, self.owner = name, versioned, owner
        self.versions: dict[str, list[Version]] = {}  # oldest first
        self.uploads: dict[str, Upload] = {}
        self.ids = itertools.count(1)

    def current(self, key: str) -> Version | None:
        """The newest version, unless that is a delete marker."""
        version = self.newest(key)
        return None if version is None or version.deleted else version

    def newest(self, key: str) -> Version | None:
        versions = self.versions.get(key)
        return versions[-1] if versions else None

    def version(self, key: str, version_id: str) -> Version | None:
        return next((version for version in self.versions.get(key, []) if version.version_id == version_id), None)

    def add(self, version: Version) -> None:
        if self.versioned:
            self.versions.setdefault(version.key, []).append(version)
        else:
            self.versions[version.key] = [version]

    def next_version_id(self) -> str:
        return f"version-{next(self.ids):010d}" if self.versioned else "null"

    def remove(self, key: str, version_id: str | None = None) -> None:
        """Remove one version for good, or all of a key."""
        kept = [version for version in self.versions.get(key, []) if version_id not in (None, version.version_id)]
        if kept:
            self.versions[key] = kept
        else:
            self.versions.pop(key, None)

    def listing(self) -> list[Version]:
        """The current versions, by key in UTF-8's order."""
        current = (self.current(key) for key in sorted(self.versions, key=str.encode))
        return [version for version in current if version is not None]


class Store:
    """All buckets."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}

    def bucket(self, name: str) -> Bucket:
        """A bucket by its name.

        Raises:
            ServiceError: NoSuchBucket.
        """
        try:
            return self.buckets[name]
        except KeyError:
            raise ServiceError(404, "NoSuchBucket", "The specified bucket does not exist") from None

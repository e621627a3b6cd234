"""What can be wrong with a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class StorageError(WalrasError):
    code: ClassVar[str] = "storage"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class NotOurs(StorageError):
    code: ClassVar[str] = "storage.not-ours"
    text: ClassVar[str] = "no store of Walras: {why}"

    why: str


@dataclass(eq=False)
class OtherVersion(StorageError):
    code: ClassVar[str] = "storage.version"
    text: ClassVar[str] = "written with schema {found}, this program reads {expected}"

    found: int
    expected: int


@dataclass(eq=False)
class OtherNetwork(StorageError):
    code: ClassVar[str] = "storage.network"
    text: ClassVar[str] = "holds network {found}, the genesis given is {expected}"

    found: str
    expected: str


@dataclass(eq=False)
class Corrupt(StorageError):
    code: ClassVar[str] = "storage.corrupt"
    text: ClassVar[str] = "{what} does not add up: {found} where {expected} was written"

    what: str
    found: str
    expected: str


@dataclass(eq=False)
class DiskFailed(StorageError):
    """The disk is full, or did not keep what it was given. There is no second try after a failed fsync."""

    code: ClassVar[str] = "storage.disk"
    text: ClassVar[str] = "the disk failed: {why}"

    why: str

"""What can be wrong with a wallet or its password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import InputError


@dataclass(eq=False)
class WalletError(InputError):
    code: ClassVar[str] = "wallet"
    text: ClassVar[str] = "{why}"

    why: str


@dataclass(eq=False)
class NoWallet(WalletError):
    code: ClassVar[str] = "wallet.missing"


@dataclass(eq=False)
class WalletExists(WalletError):
    """A wallet is never overwritten: there is no other copy of its key."""

    code: ClassVar[str] = "wallet.exists"


@dataclass(eq=False)
class WalletDamaged(WalletError):
    """The file is not what was written: its checksum says so, before any password is tried."""

    code: ClassVar[str] = "wallet.damaged"


@dataclass(eq=False)
class WalletExposed(WalletError):
    code: ClassVar[str] = "wallet.exposed"


@dataclass(eq=False)
class WrongPassword(WalletError):
    code: ClassVar[str] = "wallet.password"

"""What can be wrong with a run directory.

InputError (intents.errors)                                  exit 3
└── RunError
    ├── NotARun          no ``run.json`` where one is looked for
    ├── DamagedRun       a file that does not hold what was written
    ├── OtherVersion     written in a form this version does not read
    ├── MissingTable     ``run.json`` names a table whose file is gone
    └── RunExists        writing would replace what is there
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import InputError


@dataclass(eq=False)
class RunError(InputError):
    """A run directory cannot be used as one. ``where`` is its path."""

    code: ClassVar[str] = "run"


@dataclass(eq=False)
class NotARun(RunError):
    code: ClassVar[str] = "run.not-a-run"
    text: ClassVar[str] = "is no simulation's run directory: {reason}"

    reason: str


@dataclass(eq=False)
class DamagedRun(RunError):
    code: ClassVar[str] = "run.damaged"
    text: ClassVar[str] = "{file} is damaged: {reason}"

    file: str
    reason: str


@dataclass(eq=False)
class OtherVersion(RunError):
    code: ClassVar[str] = "run.other-version"
    text: ClassVar[str] = "was written in form {got}; this version reads form {expected}"

    got: str
    expected: str


@dataclass(eq=False)
class MissingTable(RunError):
    code: ClassVar[str] = "run.missing-table"
    text: ClassVar[str] = "has no {table}.parquet"

    table: str


@dataclass(eq=False)
class RunExists(RunError):
    code: ClassVar[str] = "run.exists"
    text: ClassVar[str] = "already exists; it is replaced only when that is asked for"

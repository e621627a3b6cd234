"""Naming a competitor: a built-in solver, a Python file, or the URL of an outside engine."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from intents.errors import UsageError

BUILT_IN: Final = ("walras", "baseline", "naive", "rings")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class SpecKind(StrEnum):
    BUILT_IN = "built_in"
    FILE = "file"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class SolverSpec:
    """``name`` labels the competitor in every record; ``target`` is a built-in's name, a path or a URL."""

    name: str
    kind: SpecKind
    target: str


def parse_spec(text: str) -> SolverSpec:
    """``walras``, ``mine.py``, ``http://127.0.0.1:8000`` or any of them labelled as ``label=target``."""
    label, separator, target = text.partition("=")
    if not separator or not _NAME.fullmatch(label):
        label, target = "", text
    if target.startswith(("http://", "https://")):
        address = urlsplit(target)
        if not address.hostname:
            raise UsageError("", f'"{target}" names no host')
        return SolverSpec(label or address.netloc, SpecKind.ENGINE, target)
    if target.endswith(".py"):
        path = Path(target)
        if not path.is_file():
            raise UsageError("", f'no solver file "{target}"')
        return SolverSpec(label or path.stem, SpecKind.FILE, str(path.resolve()))
    if target not in BUILT_IN:
        near = difflib.get_close_matches(target, BUILT_IN, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise UsageError("", f'no solver "{target}"{hint} (a built-in, a .py file or an http(s) URL)')
    return SolverSpec(label or target, SpecKind.BUILT_IN, target)


def parse_specs(texts: tuple[str, ...]) -> tuple[SolverSpec, ...]:
    """All of ``texts``; two competitors may not share a label."""
    specs = tuple(parse_spec(text) for text in texts)
    seen: set[str] = set()
    for spec in specs:
        if spec.name in seen:
            raise UsageError("", f'two solvers are called "{spec.name}"; label one as other={spec.target}')
        seen.add(spec.name)
    return specs

"""Naming a competitor: a built-in solver, a Python file, or the URL of an outside engine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from intents.errors import UsageError
from intents.near import did_you_mean

BUILT_IN: Final = ("walras", "baseline", "naive", "rings")
MAX_NAME: Final = 64
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_STRANGE = re.compile(r"[^A-Za-z0-9_.:-]+")


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
        return SolverSpec(label or _plain(_host(target)), SpecKind.ENGINE, target)
    if target.endswith(".py"):
        path = Path(target)
        if not _is_file(path):
            raise UsageError("", f'no solver file "{target}"')
        return SolverSpec(label or _plain(path.stem), SpecKind.FILE, str(path.resolve()))
    if target not in BUILT_IN:
        hint = did_you_mean(target, BUILT_IN)
        raise UsageError("", f'no solver "{target}"{hint} (a built-in, a .py file or an http(s) URL)')
    return SolverSpec(label or target, SpecKind.BUILT_IN, target)


def _host(url: str) -> str:
    """Host and port, without the user and password that may stand before them."""
    try:
        address = urlsplit(url)
        host, port = address.hostname, address.port
    except ValueError as error:
        raise UsageError("", f'"{url}" is no URL: {error}') from error
    if not host:
        raise UsageError("", f'"{url}" names no host')
    return host if port is None else f"{host}:{port}"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        return False


def _plain(name: str) -> str:
    """A label made of a file's or host's name: records hold 1 to 64 plain characters."""
    return _STRANGE.sub("-", name)[:MAX_NAME] or "solver"


def parse_specs(texts: tuple[str, ...]) -> tuple[SolverSpec, ...]:
    """All of ``texts``; two competitors may not share a label."""
    specs = tuple(parse_spec(text) for text in texts)
    seen: set[str] = set()
    for spec in specs:
        if spec.name in seen:
            raise UsageError("", f'two solvers are called "{spec.name}"; label one as other={spec.target}')
        seen.add(spec.name)
    return specs

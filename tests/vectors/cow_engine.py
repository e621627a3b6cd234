"""CoW's baseline and naive engines: full request, configuration and exact response."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from solver.engine_format import answer, read_request
from solver.protocol import Deadline
from solver.registry import built_in
from tests.vectors.registry import Case, covers, load, same

ENGINES: Final = "cow/solver_engine/*.json"
#: Some vectors quote the example file in prose: its name, a colon, its keys on one line.
EXAMPLE: Final = "config/example.baseline.toml: "


def engine_toml(vector: dict[str, Any]) -> bytes | None:
    """The vector's configuration as TOML, ``None`` for an engine without one."""
    text = str(vector["config_toml"])
    if vector["engine"] == "naive":
        same("naive's configuration", text, "naive (none)")
        return None
    if text.startswith(EXAMPLE):
        text = text.removeprefix(EXAMPLE).replace(", ", "\n")
    return text.encode()


def lower_hex(value: Any) -> Any:
    """Addresses and ids compare in whatever case they are spelled."""
    if isinstance(value, dict):
        return {lower_hex(key): lower_hex(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_hex(item) for item in value]
    return value.lower() if isinstance(value, str) and value.startswith("0x") else value


def check_engine(vector: dict[str, Any]) -> None:
    engine = built_in(vector["engine"], engine_toml(vector), as_engine=True)
    asked = read_request(json.dumps(vector["auction"]).encode(), "request")
    found = answer(asked, engine.solve(asked.auction, Deadline.after(60)))
    same("response", lower_hex(found), lower_hex(vector["expected_response"]))


@covers(ENGINES)
def engine_answers(path: Path) -> Iterator[Case]:
    vector = load(path)
    yield Case(vector["source"]["test"], partial(check_engine, vector))

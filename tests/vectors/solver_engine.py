"""CoW's baseline and naive engines: whole requests, their configuration, and the exact responses."""

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

FILES: Final = "cow/solver_engine/*.json"
#: Some files state the engine's example configuration in one line after this name.
EXAMPLE: Final = "config/example.baseline.toml:"
DEADLINE_S: Final = 60.0


def config_of(document: dict[str, Any]) -> bytes | None:
    """The engine's TOML; ``None`` for the engine that has no settings."""
    text: str = document["config_toml"]
    if document["engine"] == "naive":
        return None
    if text.startswith(EXAMPLE):
        text = text.removeprefix(EXAMPLE).replace(", ", "\n")
    return text.encode()


def with_text_ids(response: dict[str, Any]) -> dict[str, Any]:
    """Liquidity ids are numbers in the code and strings in the specification: compared as strings."""
    for solution in response["solutions"]:
        for interaction in solution["interactions"]:
            interaction["id"] = str(interaction["id"])
    return response


def check_exchange(document: dict[str, Any]) -> None:
    """The request, solved as that engine would, answers field by field what was recorded."""
    request = read_request(json.dumps(document["auction"]).encode(), "request")
    engine = built_in(document["engine"], config_of(document), "config", as_engine=True)
    solutions = engine.solve(request.auction, Deadline.after(DEADLINE_S))
    got = with_text_ids(json.loads(json.dumps(answer(request, solutions))))
    expected = with_text_ids(document["expected_response"])
    same("number of solutions", len(got["solutions"]), len(expected["solutions"]))
    for mine, theirs in zip(got["solutions"], expected["solutions"], strict=True):
        for field in sorted(mine.keys() | theirs.keys()):
            same(field, mine.get(field), theirs.get(field))


@covers(FILES)
def cases(path: Path) -> Iterator[Case]:
    document = load(path)
    yield Case(document["source"]["test"], partial(check_exchange, document))

"""The Python that the documents show runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[3] / "docs"
_BLOCK = re.compile(r"```python\n(.*?)```", re.S)


def test_docs_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/python.md from top to bottom, as in one session; it prints what it says it does."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "docs"}
    blocks = _BLOCK.findall((DOCS / "python.md").read_text(encoding="utf-8"))
    for number, block in enumerate(blocks):
        exec(compile(block, f"docs/python.md, block {number}", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].endswith("base units of the numeraire")
    assert printed[1].startswith("ok ")
    assert names["settlement"].score > 0
    first, second = next(line for line in printed if re.fullmatch(r"\d+ \d+", line)).split()
    assert int(second) < int(first) == names["swap"].amount_out
    assert names["outcome"].auctions == 2


def test_docs_python_is_all_run_or_a_signature() -> None:
    """Blocks elsewhere are signatures, which name what is there."""
    for path in DOCS.rglob("*.md"):
        if path.name != "python.md":
            for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
                assert (
                    block == "def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]: ...\n"
                )

"""Which nodes a live demonstration has, by what was asked for."""

from __future__ import annotations

from pathlib import Path

from node.agreement.timeouts import Timeouts
from node.livedemo.layout import kept_layout, new_layout


def test_a_solver_called_by_a_url_has_a_node(tmp_path: Path) -> None:
    """Its name is one that a node, and its folder, can have; the same the next time."""
    asked = ("http://127.0.0.1:9", "http://127.0.0.1:9", "mine=http://[::1]:9")
    made = new_layout(tmp_path, 1, asked, Timeouts())
    names = [process.name for process in made.processes]
    assert names == ["v0", "127.0.0.1-9", "127.0.0.1-9-2", "mine"]
    again = kept_layout(tmp_path)
    assert again is not None
    assert [process.name for process in again.processes] == names

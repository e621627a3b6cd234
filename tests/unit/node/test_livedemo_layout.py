"""Which nodes a live demonstration has, by what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from intents.errors import UsageError
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


def test_a_kept_network_is_not_taken_for_another(tmp_path: Path) -> None:
    """Other validators or solvers than those that are there are refused; the same, in any order, are not."""
    asked = ("walras", "mine.py", "engine", "http://127.0.0.1:9")
    new_layout(tmp_path, 2, asked, Timeouts())
    for validators, solvers in ((None, ()), (2, ()), (None, asked), (2, asked[::-1])):
        assert kept_layout(tmp_path, validators, solvers) is not None
    with pytest.raises(UsageError, match=r"--validators.* holds a network of 2 validators") as refused:
        kept_layout(tmp_path, 3)
    assert str(tmp_path) in str(refused.value)
    for others in (asked[1:], (*asked, "naive"), ("naive", *asked[1:]), (*asked, "walras")):
        with pytest.raises(
            UsageError, match=r"--solvers.* holds a network with .*engine,http://127.0.0.1:9,walras"
        ):
            kept_layout(tmp_path, 2, others)
    with pytest.raises(UsageError, match="no solver"):
        kept_layout(tmp_path, None, ("wallras",))

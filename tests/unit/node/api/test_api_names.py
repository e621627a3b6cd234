"""Validators go by the names their nodes gave, and keep them when they are gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.api.names import Names
from tests.unit.node.api.desk import opened


async def test_a_validator_that_is_gone_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last one; names of those who do not vote are not kept."""
    async with opened() as desk:
        (own,) = desk.node.peers()
        stranger = replace(own, key=bytes(32), name="stranger")
        here = [(replace(own, name="first"), stranger), (replace(own, name="second"),), (stranger,)]
        monkeypatch.setattr(desk.node, "peers", lambda: here[0])
        names = Names(desk.node)
        found = [names.of(own.key)]
        while here:
            names.note()
            found.append(names.of(own.key))
            assert names.of(stranger.key) == ""
            here.pop(0)
        assert found == ["first", "first", "second", "second"]

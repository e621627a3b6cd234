"""Answers about one entry, as a light client takes them: proven, or refused as a lie, whatever is in them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec
import pytest

from benchmarks.fuzzing.light_targets import ABSENT, THERE, chain, sound
from benchmarks.single_node import world
from intents.fields import Fields
from node.api.forms_ledger import ProofForm
from node.light.errors import LyingNode
from node.light.proofs import Proven, proven
from settlement.ledger.books import BALANCES


def taken(answer: dict[str, Any], key: object = THERE) -> Proven:
    return proven(Fields(answer, "a node"), BALANCES, key, chain())


def test_light_a_sound_answer_is_proven() -> None:
    """What an entry holds, and that there is none."""
    there, absent = sound()
    assert taken(there).value == 10**6 * world.WHOLE
    assert taken(absent, ABSENT).value is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("validators", []),
        ("validators", [["0x" + "ab" * 32, 1]] * 65),
        ("round", 2**64),
        ("round", -1),
        ("height", 2**64),
        ("votes", []),
        ("votes", [[64, "0x"]]),
    ],
)
def test_light_a_certificate_out_of_bounds_is_a_lie(name: str, value: object) -> None:
    """A set of nobody or of too many, places that no vote can be at: the node is named, nothing else fails."""
    for answer, key in zip(sound(), (THERE, ABSENT), strict=True):
        spoilt = deepcopy(answer)
        spoilt["certified"][name] = value
        with pytest.raises(LyingNode):
            taken(spoilt, key)


def test_light_what_is_told_on_is_what_was_checked() -> None:
    """Numbers as text, keys nobody knows and words about the entry are the node's own, and left out."""
    for answer, key in zip(sound(), (THERE, ABSENT), strict=True):
        talkative = deepcopy(answer) | {"place" if key == THERE else "value": "mine", "extra": {"more": [1]}}
        talkative["size"] = str(answer["size"])
        talkative["certified"]["round"] = "0"
        talkative["entry"] = {"table": "balances", "key": [], "value": "7"}
        document = taken(talkative, key).document
        assert document == taken(answer, key).document == answer
        form = msgspec.convert(document, ProofForm)
        assert form.certified is not None
        assert form.certified.round == 0

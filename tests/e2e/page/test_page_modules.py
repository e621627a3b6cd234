"""What the page's scripts work out themselves, run in the browser and held against the node's own code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from intents.assets import AssetId
from intents.signing import SigningKey
from node.agreement.messages import Ballot, light_id, vote_digest
from node.agreement.validators import Validator, ValidatorSet
from node.chain.blocks import Header, encode_header
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from settlement.ledger.proofs import absence_to_json, proof_to_json
from settlement.ledger.state import State
from settlement.why_not import Reason
from tests.e2e.page_world import NARROW, Sight, World, sight

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOW = 1_000_000_000_000


@pytest.fixture(scope="module")
def tab(browser: Browser, world: World) -> Iterator[Sight]:
    with sight(browser, world.node.url) as opened:
        opened.show("ledger")
        yield opened


def call(tab: Sight, module: str, function: str, *arguments: object) -> Any:
    """``function`` of ``/assets/module.js`` with these arguments, in the browser."""
    return tab.page.evaluate(
        "async ([module, name, given]) => (await import(`/assets/${module}.js`))[name](...given)",
        [module, function, list(arguments)],
    )


def test_amounts_are_exact_and_short(tab: Sight) -> None:
    """Six figures, rounded towards zero and never otherwise, with thousands apart; the whole part is never cut."""
    rng = Random(3)
    for _ in range(200):
        decimals = rng.choice([0, 6, 8, 18])
        units = rng.randrange(10 ** rng.randrange(1, 40))
        text = str(call(tab, "format", "amount", str(units), decimals))
        shown = Fraction(text.replace(",", "").replace("−", "-"))
        assert len(text) < 16 or units >= 10 ** (decimals + 6)
        exact = Fraction(units, 10**decimals)
        assert exact * (1 - Fraction(1, 10**5)) < shown <= exact or shown == exact == 0
    assert call(tab, "format", "amount", "-1234567000000", 6) == "−1,234,567"
    assert call(tab, "format", "amount", "1500000", 6) == "1.5"
    assert call(tab, "format", "amount", "-112113499", 18) == "−1.12113e−10"
    assert call(tab, "format", "amount", "1", 7) == "0.0000001"
    assert call(tab, "format", "amount", None, 6) == "–"


def test_a_share_never_reads_as_all_or_nothing_when_it_is_not(tab: Sight) -> None:
    """0% and 100% are said of nothing and of all alone."""
    shares = [0, 0.001, 0.004, 0.5, 0.996, 0.9999, 1]
    shown = [call(tab, "format", "percent", share) for share in shares]
    assert shown == ["0%", "<1%", "<1%", "50%", ">99%", ">99%", "100%"]
    assert [call(tab, "format", "percent", share, 1) for share in (0.0001, 0.9999)] == ["<0.1%", ">99.9%"]


def test_ages_are_told_by_the_nodes_clock(tab: Sight) -> None:
    """A browser whose clock is ten minutes ahead sees nobody as silent; a second is the header's own."""
    ages = tab.page.evaluate("""async () => {
      const { heard, now } = await import("/assets/node_clock.js");
      const before = new Date().toUTCString();
      return [600, -600, 1, 0].map((ahead_s) => {
        heard(before, Date.now() + 1000 * ahead_s);
        return Math.round((Date.now() - now()) / 1000);
      });
    }""")
    assert ages[2:] == [0, 0]
    assert abs(ages[0] - 600) <= 1
    assert abs(ages[1] + 600) <= 1


LONG = """async (count) => {
  const { longTable } = await import("/assets/long_table.js");
  const rows = Array.from({ length: count }, (_, at) => ({ id: `row-${at}` }));
  const place = document.createElement("div");
  place.id = "long";
  place.append(...[longTable("long", "rows", [["Id", (row) => row.id]], rows, (row) => row.id)].flat());
  document.getElementById("long")?.remove();
  document.body.append(place);
}"""


def test_a_long_table_begins_short_and_is_searched_whole(tab: Sight) -> None:
    """Fifty rows, two hundred more with each press, and what is searched for wherever it stands."""
    rows = tab.page.locator("#long tbody tr")
    tab.page.evaluate(LONG, 50)
    assert (rows.count(), tab.page.locator("#long button, #long input").count()) == (50, 0)
    tab.page.evaluate(LONG, 2_000)
    assert rows.count() == 50
    tab.at("long-more").click()
    assert (rows.count(), "250 of 2,000" in tab.text("long-count")) == (250, True)
    tab.at("long-search").fill("ROW-1999")
    assert (rows.count(), rows.first.inner_text()) == (1, "row-1999")
    tab.at("long-search").fill("nowhere")
    assert rows.count() == 0
    tab.at("long-search").fill("")
    assert rows.count() == 50
    tab.page.evaluate("document.getElementById('long').remove()")


def test_on_narrow_screens_a_long_table_begins_shorter(tab: Sight) -> None:
    """Twenty rows, of which each is a card there."""
    wide = tab.page.viewport_size
    assert wide is not None
    tab.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    tab.page.evaluate(LONG, 21)
    assert tab.page.locator("#long tbody tr").count() == 20
    tab.page.evaluate("document.getElementById('long').remove()")
    tab.page.set_viewport_size(wide)


def test_every_reason_of_the_law_is_explained(tab: Sight) -> None:
    """Each has a sentence, and none that the law no longer knows."""
    meant = tab.page.evaluate("async () => Object.keys((await import('/assets/intent_life.js')).MEANS)")
    assert meant == [reason.name.lower() for reason in Reason]


@pytest.mark.parametrize(
    ("validators", "others", "clear"),
    [(4, 2, 0.25), (4, 3, 0.25), (3, 1, 0.25), (4, 4, 0.25), (7, 5, 0.03), (1, 2, 0.25)],
)
def test_links_run_clear_of_those_whom_they_do_not_concern(
    tab: Sight, validators: int, others: int, clear: float
) -> None:
    """Where everybody talks to everybody; distances where validators stand at 1 from the middle."""
    nodes = [{"peer": f"v{at}", "key": f"k{at}", "role": "validator"} for at in range(validators)]
    nodes += [{"peer": f"s{at}", "key": "", "role": "solver"} for at in range(others)]
    links = [[one["peer"], other["peer"]] for at, one in enumerate(nodes) for other in nodes[at + 1 :]]
    found = tab.page.evaluate(
        "async ([nodes, links]) => [...(await import('/assets/topology.js')).places(nodes, links).values()]",
        [nodes, links],
    )
    at = [complex(place["x"], place["y"]) for place in found]
    for one, other in combinations(at, 2):
        for third in at:
            if third not in (one, other):
                assert _distance(third, one, other) >= clear


def _distance(point: complex, one: complex, other: complex) -> float:
    """From a point to the line between two others."""
    line, there = other - one, point - one
    part = (line.conjugate() * there).real / abs(line) ** 2
    return abs(there - min(1.0, max(0.0, part)) * line)


@pytest.mark.parametrize("powers", [[1], [1, 1, 1, 1], [3, 1, 2], [7, 1, 1, 5]])
def test_whose_turn_it_is_to_propose(tab: Sight, powers: list[int]) -> None:
    """For every height and round of two cycles the page names who the protocol names."""
    members = tuple(Validator(bytes([number]) * 32, power) for number, power in enumerate(powers))
    agreed = ValidatorSet(members)
    shown = [{"key": "0x" + one.key.hex(), "power": one.power} for one in members]
    for height in range(2 * sum(powers)):
        for round in (0, 1, 3):
            expected = "0x" + members[agreed.proposer(height, round)].key.hex()
            assert call(tab, "topology", "proposer", shown, height, round) == expected


def peer(name: str, *near: str, height: int = 30, direct: bool = False, ago_ms: int = 0) -> dict[str, Any]:
    return {
        "peer": name,
        "key": "0x",
        "role": "full",
        "neighbours": list(near),
        "height": height,
        "direct": direct,
        "seen_ms": NOW - ago_ms,
    }


def test_who_is_behind_silent_or_in_a_part_by_itself(tab: Sight) -> None:
    """Silent ones are in no part and connect nobody; either end tells of a link; no validator is left out."""
    found = call(
        tab,
        "topology",
        "understand",
        [
            peer("a", "b"),
            peer("b", direct=True, height=29),
            peer("c", "d", height=27, ago_ms=5_000),
            peer("d", "c", "gone", ago_ms=5_000),
            peer("gone", "a", height=9, ago_ms=40_000),
        ],
        NOW,
        [{"key": "0xaa", "power": 1}],
    )
    assert {node["peer"]: node["state"] for node in found["nodes"]} == {
        "a": "well",
        "b": "well",
        "c": "behind",
        "d": "well",
        "gone": "silent",
        "0xaa": "silent",
    }
    assert sorted(map(sorted, found["parts"])) == [["a", "b"], ["c", "d"]]
    assert sorted(map(tuple, found["links"])) == [("a", "b"), ("a", "gone"), ("c", "d"), ("d", "gone")]


def test_proofs_of_any_state_are_judged_as_the_ledger_judges(tab: Sight) -> None:
    """Entries that are there and ones that are not, of states of any size; any byte changed is noticed."""
    rng = Random(9)
    for size in (0, 1, 2, 40, 3_000):
        state = State((BALANCES,))
        draft = state.draft()
        keys = [(Account(AccountKind.OWNER, rng.randbytes(33)), AssetId("ETH")) for _ in range(size)]
        for key in keys:
            draft.set(BALANCES, key, rng.randrange(1, 2**90))
        draft.commit()
        proofs = [proof_to_json(state, BALANCES, key, "there") for key in keys[:6]]
        for _ in range(3):
            absent = (Account(AccountKind.OWNER, rng.randbytes(33)), AssetId("ETH"))
            proofs.append(absence_to_json(state, BALANCES, absent, "absent"))
        for proof in proofs:
            assert call(tab, "merkle", "check", proof, state.root.hex())["holds"]
            assert not call(tab, "merkle", "check", proof, rng.randbytes(32).hex())["holds"]
            assert not call(tab, "merkle", "check", spoiled(proof, rng), state.root.hex())["holds"]


@pytest.mark.parametrize("powers", [[1], [1, 1, 1, 1], [3, 200, 1, 3_000, 1], [1] * 20])
def test_certificates_are_judged_as_validators_judge_them(tab: Sight, powers: list[int]) -> None:
    """A quorum's precommits hold; one too few, a wrong signature, or any other part spoiled does not."""
    keys = [SigningKey.from_seed(bytes([number + 1]) * 32) for number in range(len(powers))]
    members = ValidatorSet(tuple(Validator(key.public, power) for key, power in zip(keys, powers, strict=True)))
    state, network, body = bytes(range(32)), b"n" * 32, b"b" * 32
    for height, round in ((5, 0), (70_000, 200), (5_000_000_000, 70_000)):
        header = encode_header(
            Header(network, height, round, b"p" * 32, 0, members.digest(), members.digest(), state)
        )
        block = light_id(header, body)
        digest = vote_digest(network, Ballot.PRECOMMIT, height, round, block)
        votes = [[place, "0x" + key.sign(digest).hex()] for place, key in enumerate(keys)]
        good = {
            "height": height,
            "round": round,
            "block": "0x" + block.hex(),
            "header": "0x" + header.hex(),
            "body_hash": "0x" + body.hex(),
            "votes": votes,
            "validators": [["0x" + one.key.hex(), one.power] for one in members.members],
        }

        def holds(root: bytes = state, good: dict[str, Any] = good, **changed: object) -> object:
            return call(tab, "certificate", "certify", {**good, **changed}, root.hex())["holds"]

        assert holds() is True
        heaviest = max(range(len(powers)), key=lambda place: powers[place])
        enough = members.power - powers[heaviest] >= members.quorum
        assert holds(votes=[vote for vote in votes if vote[0] != heaviest]) is enough
        assert holds(votes=votes[:1] * len(votes)) is (powers[0] >= members.quorum)
        assert holds(votes=[[place, "0x" + keys[0].sign(digest + b"x").hex()] for place, _ in votes]) is False
        assert holds(round=round + 1) is False
        assert holds(body_hash="0x" + bytes(32).hex()) is False
        assert holds(validators=[["0x" + one.key.hex(), one.power + 1] for one in members.members]) is False
        assert holds(header="0x" + header.hex() + "00") is False
        assert holds(root=bytes(32)) is False
        assert holds(validators=None) is None


def spoiled(proof: dict[str, Any], rng: Random) -> dict[str, Any]:
    """One hex digit is another: of a value, the entry's or a neighbour's, or of a sibling."""
    changed: dict[str, Any] = json.loads(json.dumps(proof))
    entries = changed.get("neighbours", [changed])
    places: list[tuple[Any, Any]] = [(entry, "value") for entry in entries]
    places += [(entry["in_bucket"], at) for entry in entries for at in range(len(entry["in_bucket"]))]
    places += [(changed["to_root"], at) for at in range(len(changed["to_root"]))]
    holder, key = rng.choice(places)
    digits = holder[key]
    at = rng.randrange(len(digits))
    holder[key] = digits[:at] + f"{int(digits[at], 16) ^ rng.randrange(1, 16):x}" + digits[at + 1 :]
    return changed

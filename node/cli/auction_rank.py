"""``walras auction rank``: scores, fair bids, winners and reference scores of bids written down as cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from node.cli.choices import MECHANISM
from node.cli.command import Command, Settings, emit


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@MECHANISM
@click.option(
    "--max-winners", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Bids that may win."
)
def rank(settings: Settings, file: Path, mechanism: str, max_winners: int) -> None:
    """Rank the bids in FILE: a list of cases, or one case of orders, prices and solutions.

    Scores are recomputed from final amounts. `exact` packs bids optimally, with a certificate.
    """
    from node.inputs import read_json
    from settlement.mechanism import mechanism as mechanism_called
    from settlement.rank_format import cases_from_json
    from settlement.rank_format import rank as rank_case

    cases = cases_from_json(read_json(str(file)), str(file))
    rule = mechanism_called(mechanism, max_winners=max_winners)
    ranked = {case.name: rank_case(case, rule) for case in cases}
    emit(settings, ranked, lambda: "\n\n".join(_shown(name, found) for name, found in ranked.items()))


def _shown(name: str, found: dict[str, Any]) -> str:
    lines = [name, f"  scores      {_pairs(found['scores'])}"]
    lines += [f"  void        {bid}: {reason}" for bid, reason in found["void"].items()]
    lines += [
        f"  fair        {', '.join(found['fair_solutions']) or 'none'}",
        f"  winners     {', '.join(found['winners']) or 'none'}, {found['total']} in all",
        f"  references  {_pairs(found['reference_scores'])}",
    ]
    proof = found.get("certificate")
    if proof is not None:
        word = "optimal" if proof["optimal"] else "not proven optimal"
        lines.append(
            f"  {found['mechanism']:10}  bound {proof['bound']} ({word}), greedy loses {proof['greedy_loss']}"
        )
    return "\n".join(lines)


def _pairs(scores: dict[str, str]) -> str:
    return ", ".join(f"{name} {score}" for name, score in scores.items()) or "none"

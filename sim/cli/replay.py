"""``walras sim replay``: a recorded run or a node's log once more: equal or not, or with something changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from intents.errors import Unreadable, UsageError
from node.cli.command import Command, Settings, emit
from node.cli.text import table


@click.command(cls=Command)
@click.argument("recorded", type=click.Path(path_type=Path))
@click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change something; repeatable.")
def replay(settings: Settings, recorded: Path, changes: tuple[str, ...]) -> int:
    """Run RECORDED again: a run directory, or the store of a node (its .sqlite file).

    Without changes, exit code 0 says that everything came out equal, 1 shows the first difference. With --set it
    is a counterfactual: what the same seed, or the same recorded auctions, come to with one thing changed; exit
    code 5 if anything happens in it that never should.
    """
    if recorded.is_dir():
        return _run(settings, recorded, changes)
    if not recorded.exists():
        raise Unreadable(str(recorded), "there is no such file or directory")
    return _log(settings, recorded, changes)


def _run(settings: Settings, path: Path, changes: tuple[str, ...]) -> int:
    from intents.strict_toml import parse_toml
    from node.cli.progress import bars
    from sim.recording.store import read_run
    from sim.replay.difference import first_difference
    from sim.scenario.override import changed
    from sim.world.recording import prepared, recorded

    if any(change.partition("=")[0].strip() == "seed" for change in changes):
        raise UsageError("--set", "a replay keeps its seed: what another seed gives is another run")
    before = read_run(path)
    where = str(path / "scenario.toml")
    document = changed(parse_toml(before.config.encode(), where), changes)
    variants = prepared(document, where, list(before.variants))
    with bars(settings) as advance:
        after, broken = recorded(document, variants, before.seed, advance)
    difference = None if changes else first_difference(before, after)
    found: dict[str, Any] = {
        "run": str(path),
        "seed": before.seed,
        "changes": list(changes),
        "recorded": before.trace_root,
        "replayed": after.trace_root,
        "equal": before.trace_root == after.trace_root and difference is None,
        "violations": {name: list(texts) for name, texts in broken.items()},
    }
    if changes:
        found["metrics"] = {
            name: _against(before.variants[name].metrics, after.variants[name].metrics) for name in variants
        }
        emit(settings, found, lambda: _counterfactual(found))
        return 5 if broken else 0
    found["difference"] = None if difference is None else asdict(difference)
    emit(settings, found, lambda: _verdict(found))
    return 0 if found["equal"] else 1


def _against(before: Any, after: Any) -> dict[str, dict[str, float | None]]:
    """Metrics that differ."""
    return {
        name: {"recorded": before.get(name), "changed": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def _counterfactual(found: dict[str, Any]) -> str:
    lines = [f"seed {found['seed']}, changed: {', '.join(found['changes'])}"]
    for variant, metrics in found["metrics"].items():
        rows = [
            {"metric": name, **{side: _short(value) for side, value in pair.items()}}
            for name, pair in metrics.items()
        ]
        lines += ["", variant, table(rows, left=("metric",)) if rows else "nothing that is measured differs"]
    lines += [f"VIOLATED {name}: {text}" for name, texts in found["violations"].items() for text in texts]
    return "\n".join(lines)


def _verdict(found: dict[str, Any]) -> str:
    if found["equal"]:
        return f"equal: trace root {found['recorded']}, and every row"
    lines = [f"differs: recorded {found['recorded']}, replayed {found['replayed']}"]
    if found["recorded"] == found["replayed"]:
        lines = [f"the same run, trace root {found['recorded']}, but its tables were changed since"]
    if found["difference"] is not None:
        at = found["difference"]
        lines.append(
            f"first in {at['variant']}/{at['table']}, row {at['row']}, {at['field'] or 'missing row'}: "
            f"recorded {at['recorded'] or 'nothing'}, replayed {at['replayed'] or 'nothing'}"
        )
    else:
        lines.append("no recorded row differs: it is in what happened between them")
    return "\n".join(lines)


def _log(settings: Settings, path: Path, changes: tuple[str, ...]) -> int:
    from node.cli.progress import bar
    from sim.replay.log import change_of
    from sim.replay.log import replay as again

    change = change_of(changes)
    with bar(settings, "heights") as advance:
        auctions = list(again(path, change, advance))
    rows = [
        {
            "auction": item.auction,
            "orders": item.orders,
            "score": str(item.score),
            "winners": list(item.winners),
            **({"score_changed": str(item.other), "winners_changed": list(item.other_winners)} if change else {}),
        }
        for item in auctions
    ]
    found = {
        "store": str(path),
        "changes": list(changes),
        "equal": True,
        "auctions": rows,
        "score": str(sum(item.score for item in auctions)),
        "score_changed": str(sum(item.other for item in auctions)),
    }
    emit(settings, found, lambda: _auctions(found))
    return 0


def _auctions(found: dict[str, Any]) -> str:
    rows = [
        {key: ", ".join(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in found["auctions"]
    ]
    last = f"every root as recorded; score {found['score']}"
    if found["changes"]:
        last += f", with {', '.join(found['changes'])}: {found['score_changed']}"
    return "\n".join([table(rows, left=("winners",)), last] if rows else [last])


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"

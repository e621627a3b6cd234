"""``walras scenario``: synthetic markets and simulations, what ships and what their files may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from node.cli.command import Command, Settings, emit, global_options, remember
from node.cli.table import Group
from node.cli.text import table


@click.group(cls=Group)
@global_options
@click.pass_context
def scenario(context: click.Context, /, **options: object) -> None:
    """TOML files: worlds, from which auctions are drawn, and simulations of whole networks."""
    remember(context, options)


@scenario.command("list", cls=Command)
def list_(settings: Settings) -> None:
    """List the worlds and simulations that ship with Walras."""
    from scenarios.catalog import shipped
    from sim.scenario.catalog import find, names

    worlds = [
        {
            "name": world.name,
            "title": world.title,
            "assets": world.assets.count,
            "orders": world.orders.count,
            "batches": world.batches,
            "seed": world.seed,
        }
        for world in shipped()
    ]
    simulations = []
    for name in names():
        document = find(name).document
        simulations.append(
            {
                "name": name,
                "title": document.get("title", ""),
                "variants": len(document.get("variants", ())),
                "claims": len(document.get("claims", ())),
            }
        )
    text = "\n\n".join(
        f"{head}\n{table(rows, left=('name', 'title'))}"
        for head, rows in (("Worlds (walras compete -s)", worlds), ("Simulations (walras sim run)", simulations))
    )
    emit(settings, {"scenarios": worlds, "simulations": simulations}, lambda: text)


@scenario.command(cls=Command)
@click.argument("names", nargs=-1, required=True)
def check(settings: Settings, names: tuple[str, ...]) -> None:
    """Read each scenario (a shipped NAME or a TOML file) and say what is in it.

    Of a world the first auction is drawn; of a simulation every variant and claim is checked.
    """
    rows = [_world(name) if _is_world(name) else _simulation(name) for name in names]
    text = "\n".join(", ".join(f"{key} {value}" for key, value in row.items()) for row in rows)
    emit(settings, {"checked": rows}, lambda: text)


def _is_world(name: str) -> bool:
    """By what its file says: worlds draw ``orders``. What is neither is read as a world, to say what is wrong."""
    from sim.scenario.catalog import SIMULATION_KEYS, keys, names

    return name not in names() and not keys(name) & SIMULATION_KEYS


def _world(name: str) -> dict[str, Any]:
    from intents.auction_codec import auction_hash
    from scenarios.catalog import find
    from scenarios.generate import generate

    auction = generate(find(name), 1)
    return {
        "scenario": name,
        "auction": auction.name,
        "assets": len(auction.assets),
        "orders": len(auction.orders),
        "venues": len(auction.venues),
        "hash": auction_hash(auction).hex(),
    }


def _simulation(name: str) -> dict[str, Any]:
    from sim.scenario.catalog import find
    from sim.world.recording import prepared

    source = find(name)
    variants = prepared(source.document, source.where)
    first = next(iter(variants.values()))
    return {
        "scenario": name,
        "simulation": first.name,
        "validators": first.chain.validators,
        "nodes": first.network.nodes,
        "agents": len(first.agents),
        "solvers": len(first.solvers),
        "variants": len(variants),
        "claims": len(first.claims),
    }


@scenario.command(cls=Command)
@click.argument("name")
@click.option("--batch", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Which batch.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed than the world's own.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="File to write instead of stdout.")
def draw(settings: Settings, name: str, batch: int, seed: int | None, out: Path | None) -> None:
    """Draw one auction of a world as an auction file."""
    import json

    from intents.auction_codec import auction_to_json
    from node.cli.writing import checked_target, write_text
    from scenarios.catalog import find
    from scenarios.generate import generate

    out = checked_target(out)
    document = auction_to_json(generate(find(name), batch, seed=seed))
    text = json.dumps(document, indent=1)
    if out is None:
        click.echo(text)
    else:
        write_text(out, text + "\n")
        emit(settings, {"written": str(out)}, lambda: f"wrote {out}")


@scenario.command(cls=Command)
@click.argument("kind", type=click.Choice(["world", "simulation"]), default="world")
def schema(settings: Settings, kind: str) -> None:
    """Print the JSON Schema of a world's TOML, or of a simulation's: every part, agent and fault there is."""
    import json

    from scenarios.schema import schema_of, world_schema

    if kind == "world":
        click.echo(json.dumps(world_schema(), indent=2))
        return
    from sim.scenario.extending import extendable
    from sim.scenario.simulation import Simulation

    whole = schema_of(Simulation, "Walras simulation", ("name", "assets"))
    click.echo(json.dumps(extendable(whole), indent=2))

"""``walras scenario``: the synthetic worlds."""

from __future__ import annotations

from pathlib import Path

import click

from node.cli.command import Command, Settings, emit, global_options, remember
from node.cli.text import table


@click.group()
@global_options
@click.pass_context
def scenario(context: click.Context, /, **options: object) -> None:
    """Synthetic worlds: TOML files from which seeded auctions are drawn."""
    remember(context, options)


@scenario.command("list", cls=Command)
def list_(settings: Settings) -> None:
    """List the worlds that ship with Walras."""
    from scenarios.catalog import shipped

    worlds = shipped()
    rows = [
        {
            "name": world.name,
            "title": world.title,
            "assets": world.assets.count,
            "orders": world.orders.count,
            "batches": world.batches,
            "seed": world.seed,
        }
        for world in worlds
    ]
    emit(settings, {"scenarios": rows}, lambda: table(rows, left=("name", "title")))


@scenario.command(cls=Command)
@click.argument("names", nargs=-1, required=True)
def check(settings: Settings, names: tuple[str, ...]) -> None:
    """Read each world (a shipped NAME or a TOML file), draw its first auction and say what is in it."""
    from intents.auction_codec import auction_hash
    from scenarios.catalog import find
    from scenarios.generate import generate

    rows = []
    for name in names:
        auction = generate(find(name), 1)
        rows.append(
            {
                "scenario": name,
                "auction": auction.name,
                "assets": len(auction.assets),
                "orders": len(auction.orders),
                "venues": len(auction.venues),
                "hash": auction_hash(auction).hex(),
            }
        )
    emit(settings, {"checked": rows}, lambda: table(rows, left=("scenario", "auction", "hash")))


@scenario.command(cls=Command)
@click.argument("name")
@click.option("--batch", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Which batch.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed than the world's own.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="File to write instead of stdout.")
def draw(settings: Settings, name: str, batch: int, seed: int | None, out: Path | None) -> None:
    """Draw one auction of a world as an auction file."""
    import json

    from intents.auction_codec import auction_to_json
    from node.cli.writing import check_target, write_text
    from scenarios.catalog import find
    from scenarios.generate import generate

    if out is not None:
        check_target(out)
    document = auction_to_json(generate(find(name), batch, seed=seed))
    text = json.dumps(document, indent=1)
    if out is None:
        click.echo(text)
    else:
        write_text(out, text + "\n")
        emit(settings, {"written": str(out)}, lambda: f"wrote {out}")


@scenario.command(cls=Command)
def schema(settings: Settings) -> None:
    """Print the JSON Schema of a world's TOML."""
    import json

    from scenarios.schema import world_schema

    click.echo(json.dumps(world_schema(), indent=2))

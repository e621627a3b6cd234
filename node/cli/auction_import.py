"""``walras auction import``: any known auction file or URL as a native auction."""

from __future__ import annotations

from pathlib import Path

import click

from node.cli.command import Command, Settings, emit, note
from node.cli.words import counted


@click.command("import", cls=Command)
@click.argument("source", metavar="SRC")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="File to write instead of stdout.")
@click.option("--lenient", is_flag=True, help="Leave out single bad orders and pools, not refuse the file.")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 600), default=30.0, show_default=True, help="Seconds, for a URL."
)
def import_(settings: Settings, source: str, out: Path | None, lenient: bool, timeout: float) -> None:
    """Read the auction at SRC (a file, an http(s) URL, or - for stdin) and print it as native JSON.

    What was left out or looks odd is noted on stderr.
    """
    import json

    from intents.auction_codec import auction_to_json
    from node.cli.auction_files import read_noted
    from node.cli.writing import checked_target, write_text

    out = checked_target(out)
    imported = read_noted(settings, source, lenient=lenient, timeout_s=timeout)
    auction = imported.auction
    text = json.dumps(auction_to_json(auction), indent=1)
    note(
        settings,
        f"{auction.name}: {counted(auction.orders, 'order')}, {counted(auction.venues, 'venue')}, "
        f"{counted(auction.assets, 'asset')}, read as {imported.format}",
    )
    if out is None:
        click.echo(text)
        return
    write_text(out, text + "\n")
    document = {
        "written": str(out),
        "auction": auction.name,
        "format": imported.format,
        "orders": len(auction.orders),
        "venues": len(auction.venues),
        "assets": len(auction.assets),
        "notes": list(imported.notes),
    }
    emit(settings, document, lambda: f"wrote {out}")

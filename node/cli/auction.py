"""``walras auction``: one auction at a time, from files."""

from __future__ import annotations

from collections.abc import Mapping

import click

from node.cli.command import global_options, remember
from node.cli.table import Entry, LazyGroup

AUCTION_COMMANDS: Mapping[str, Entry] = {
    "import": Entry("node.cli.auction_import:import_", "Turn any known auction file or URL into a native one"),
    "show": Entry("node.cli.auction_show:show", "Say what is in an auction"),
    "solve": Entry("node.cli.auction_solve:solve", "Run one solver on an auction and verify what it answers"),
    "verify": Entry("node.cli.auction_verify:verify", "Check a receipt, or a solution to an auction"),
    "rank": Entry("node.cli.auction_rank:rank", "Pick winners among bids written down as cases"),
    "explain": Entry("node.cli.auction_explain:explain", "Say why orders were not filled"),
}


@click.group(cls=LazyGroup, commands_table=AUCTION_COMMANDS)
@global_options
@click.pass_context
def auction(context: click.Context, /, **options: object) -> None:
    """Import, show, solve, verify, rank and explain auctions.

    Wherever an auction file is wanted, native JSON, CoW solver-engine JSON, its legacy schema and GPv1's
    are understood.
    """
    remember(context, options)

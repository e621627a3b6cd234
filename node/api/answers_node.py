"""Answers about the node itself, its peers and its chain."""

from __future__ import annotations

from importlib import resources

from intents.schema import Record
from node.api.context import Context
from node.api.converting import damaged_in, to_form, to_hex
from node.api.forms import (
    BlockForm,
    BlocksForm,
    LiveForm,
    NetworkForm,
    PeerForm,
    PeersForm,
    ReadyForm,
    SolverForm,
    StatusForm,
    ValidatorForm,
)
from node.api.operation import Call, Reply
from node.chain.tables import chain_of, validators_of
from settlement.ledger.accounts import bond_of
from settlement.ledger.bonds import SOLVERS
from settlement.ledger.books import BALANCES
from settlement.ledger.rules import RULES, rules_of
from settlement.ledger.trading import trading_of


async def live(context: Context, call: Call) -> Reply:
    return Reply(LiveForm(True))


async def ready(context: Context, call: Call) -> Reply:
    status = context.node.status()
    return Reply(ReadyForm(status.ready, status.trouble), 200 if status.ready else 503)


async def metrics(context: Context, call: Call) -> Reply:
    return Reply(context.metrics.text())


async def grafana(context: Context, call: Call) -> Reply:
    return Reply(await context.look(resources.files("node.api").joinpath("grafana.json").read_bytes))


async def openapi(context: Context, call: Call) -> Reply:
    # The document is made of the table that this answer is in.
    from node.api.openapi import document

    return Reply(document())


async def status(context: Context, call: Call) -> Reply:
    return Reply(to_form(StatusForm, context.node.status()))


async def peers(context: Context, call: Call) -> Reply:
    return Reply(PeersForm([to_form(PeerForm, peer) for peer in context.node.peers()]))


async def network(context: Context, call: Call) -> Reply:
    state = context.node.state
    rules = rules_of(state)
    held = state.rows(BALANCES)
    solvers = [
        SolverForm(
            to_hex(holder),
            solver.name,
            str(held.get((bond_of(holder), rules.numeraire), 0)),
            solver.leaving_at,
            solver.idle_until,
        )
        for holder, solver in sorted(state.rows(SOLVERS).items())
    ]
    names = context.hub.names
    validators = [
        ValidatorForm(to_hex(member.key), names.of(member.key), member.power)
        for member in validators_of(state).members
    ]
    # Every rule, those at their defaults too.
    parts = RULES.value.parts if isinstance(RULES.value, Record) else {}
    return Reply(
        NetworkForm(
            network=to_hex(context.node.network),
            numeraire=rules.numeraire,
            auction=chain_of(state).auction,
            trading=trading_of(state, rules).value,
            validators=validators,
            solvers=solvers,
            rules={name: codec.to_json(getattr(rules, name)) for name, codec in parts.items()},
        )
    )


async def blocks(context: Context, call: Call) -> Reply:
    page = await context.look(context.node.history.blocks, call["before"], call["limit"])
    return Reply(BlocksForm([to_form(BlockForm, row) for row in page.rows], damaged_in(page), page.next))

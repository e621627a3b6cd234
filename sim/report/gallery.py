"""The plots of a run's page, in reading order."""

from __future__ import annotations

from typing import Final

from sim.report import plots_market, plots_network, plots_parties
from sim.report.canvas import Plot

GALLERY: Final = (
    Plot(
        "Prices",
        "Outside the market as a line, agreed by the network dashed, cleared by auctions as dots.",
        plots_market.prices,
    ),
    Plot(
        "Batches in time",
        "Each auction where it was in time, as high and as wide as it was long. Faults are shaded, what came of "
        "them is marked along the top.",
        plots_network.timeline,
    ),
    Plot(
        "Welfare against its bound",
        "What each auction's winners scored. The tick is what no choice of winners could have exceeded.",
        plots_market.welfare,
    ),
    Plot(
        "What became of intents",
        "Traded, refused by a node, or the first rule in the way when it was last in a batch.",
        plots_market.fates,
        shared_y=False,
    ),
    Plot(
        "Solvers",
        "Rewards less penalties, coloured by strategy, with the auctions won.",
        plots_parties.solvers,
        shared_y=False,
    ),
    Plot(
        "Wealth",
        "What each kind of agent has, less what it began with, both at the outside prices of the moment.",
        plots_parties.wealth,
    ),
    Plot(
        "Providing liquidity",
        "Fees against what pools lost to a portfolio that trades the same amounts at outside prices.",
        plots_market.liquidity,
    ),
    Plot(
        "Time to settlement",
        "How long intents that traded had waited, from submission to first trade.",
        plots_network.settlement,
    ),
    Plot(
        "Propagation",
        "How long gossip took to reach half, 99 % and the last of the nodes it reached.",
        plots_network.propagation,
    ),
    Plot("Traffic", "What each node sent and received over the whole run.", plots_network.traffic),
)

"""The competition: solvers run over auctions, the referee recomputes, a leaderboard counts."""

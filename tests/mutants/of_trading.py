"""Mutants of positions, pre-trade checks, prices, the trading state, and of what the journal is compared by."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

POSITIONS: Final = "settlement/ledger/positions.py"
OPENING: Final = "settlement/ledger/opening.py"
TRADING_STATE: Final = "settlement/ledger/trading.py"
ADMISSION: Final = "settlement/ledger/admission.py"
FEEDS: Final = "settlement/ledger/feeds.py"
REMAINDERS: Final = "settlement/ledger/remainders.py"
RECONCILE: Final = "settlement/ledger/reconcile.py"

TRADING: Final = (
    Mutant(
        "a position is paid in rounded down",
        POSITIONS,
        "(amount0_in, amount1_in) if up else (amount0_out, amount1_out)",
        "(amount0_out, amount1_out)",
        "test_in_rounds_up_and_out_rounds_down",
    ),
    Mutant(
        "a position is paid out rounded up",
        POSITIONS,
        "(amount0_in, amount1_in) if up else (amount0_out, amount1_out)",
        "(amount0_in, amount1_in)",
        "test_in_rounds_up_and_out_rounds_down",
    ),
    Mutant(
        "a tick that is crossed is not turned over",
        POSITIONS,
        "replace(tick, outside=_minus(here, tick.outside))",
        "tick",
        "test_fees_of_a_crossing_swap_follow_the_price",
    ),
    Mutant(
        "a tick is turned over before the fee up to it is counted",
        POSITIONS,
        "here = _plus(pool.growth, side, growth)",
        "here = pool.growth",
        "test_fees_of_a_crossing_swap_follow_the_price",
    ),
    Mutant(
        "a range holds its upper tick",
        POSITIONS,
        "key.lower <= state.tick < key.upper else 0",
        "key.lower <= state.tick <= key.upper else 0",
        "test_a_range_takes_what_its_place_needs",
    ),
    Mutant(
        "fees are paid again and again",
        POSITIONS,
        "Position(left, inside) if left",
        "Position(left, held.inside) if left",
        "test_fees_are_paid_when_a_position_is_touched",
    ),
    Mutant(
        "ticks need no spacing",
        POSITIONS,
        " or lower % spacing or upper % spacing",
        "",
        "test_ticks_keep_the_spacing_of_their_fee",
    ),
    Mutant(
        "more liquidity is taken out than was put in",
        POSITIONS,
        "if not 0 <= liquidity <= held or held == 0:",
        "if held == 0:",
        "test_what_is_refused_leaves_no_trace",
    ),
    Mutant(
        "a book opens with quotes of nobody's account",
        OPENING,
        "if not known or known.hex() != order.owner:",
        "if False:",
        "test_a_venue_opens_only_with_what_it_can_pay",
    ),
    Mutant(
        "who is hit on a book has nothing of the fee",
        "settlement/ledger/settling.py",
        "        over = books.balance(source, asset) - holds[asset] if hit else 0\n",
        "        over = 0\n",
        "test_quotes_that_are_hit_are_paid_with_the_fee",
    ),
    Mutant(
        "a stale price stops nobody",
        TRADING_STATE,
        "(reducing or stale(state, rules, leg.asset, now))",
        "reducing",
        "test_a_stale_price_reduces_what_depends_on_it",
    ),
    Mutant(
        "one guardian is enough",
        TRADING_STATE,
        "strictest[least - 1]",
        "strictest[0]",
        "test_the_state_is_as_strict_as_enough_guardians_ask",
    ),
    Mutant(
        "anybody is a guardian",
        TRADING_STATE,
        "if guardian not in rules.guardians:",
        "if False:",
        "test_nobody_else_has_a_say",
    ),
    Mutant(
        "a halted market batches what rests",
        "settlement/ledger/auction.py",
        "        and may_want(draft, rules, order.intent, trading, now)\n",
        "",
        "test_halting_batches_nothing_and_resuming_goes_on",
    ),
    Mutant(
        "liquidity is taken on while trading is stopped",
        "settlement/ledger/execute.py",
        "isinstance(action, TAKING_ON) and trading is not TradingState.ACTIVE",
        "False",
        "test_what_is_an_owners_can_always_leave",
    ),
    Mutant(
        "a rate is for ever",
        ADMISSION,
        "found is not None and found.auction == now",
        "found is not None",
        "test_a_rate_is_per_owner_and_auction",
    ),
    Mutant(
        "the largest size is too large",
        ADMISSION,
        "0 < rules.max_notional < worth",
        "0 < rules.max_notional <= worth",
        "test_within_the_bound_it_is_taken",
    ),
    Mutant(
        "a nonce serves again once its intent has ended",
        ADMISSION,
        "    if draft.get(USED, (account.holder, intent.nonce)) is not None:\n        return Denial.NONCE\n",
        "",
        "test_one_that_has_ended_makes_room_and_keeps_its_nonce",
    ),
    Mutant("the upper median", FEEDS, "(len(fresh) - 1) // 2", "len(fresh) // 2", "test_the_median_is_a_report"),
    Mutant(
        "stale reports count",
        FEEDS,
        " and now - found.at <= rules.stale_after",
        "",
        "test_a_report_counts_until_it_is_stale",
    ),
    Mutant(
        "an agreed price is newer than its reports",
        FEEDS,
        "median, rules), at))",
        "median, rules), now))",
        "test_a_report_counts_until_it_is_stale",
    ),
    Mutant(
        "prices jump",
        FEEDS,
        "_held_back(draft.get(AGREED, asset), median, rules)",
        "median",
        "test_a_jump_is_held_at_the_most_a_price_may_move",
    ),
    Mutant(
        "a trigger does not last",
        "settlement/ledger/conditions.py",
        "return watched.triggered > 0 and",
        "return watched.triggered == now and",
        "test_a_triggered_stop_stays_triggered",
    ),
    Mutant(
        "anybody's fill is waited for",
        "settlement/ledger/conditions.py",
        " and order.intent.owner == at.owner",
        "",
        "test_another_owners_intent_is_waited_for_in_vain",
    ),
    Mutant(
        "all of a group may trade",
        "node/chain/transition.py",
        "if first != number and order.state in OPEN_STATES:",
        "if False:",
        "test_of_a_group_the_first_to_trade_ends_the_others",
    ),
    Mutant(
        "any step is legal",
        "settlement/ledger/orders.py",
        "if order is None or to not in STEPS[current]:",
        "if order is None:",
        "test_only_legal_steps_are_taken",
    ),
    Mutant(
        "what has been in a batch is in no other",
        "settlement/ledger/auction.py",
        "frozenset({OrderState.CHECKED, OrderState.BATCHED, OrderState.PART_FILLED})",
        "frozenset({OrderState.CHECKED, OrderState.PART_FILLED})",
        "test_where_none_is_valid_the_settlement_is_empty_and_intents_roll_on",
    ),
    Mutant(
        "what buys nothing rests on",
        REMAINDERS,
        "left <= 0 or is_dust(intent, left) or",
        "left <= 0 or",
        "test_dust_ends_with_its_trade_and_makes_room",
    ),
    Mutant(
        "what buys exactly one unit ends",
        REMAINDERS,
        "return left * max(most) < whole",
        "return left * max(most) <= whole",
        "test_of_a_moving_limit_the_most_that_it_comes_to_counts",
    ),
    Mutant(
        "what is too small to be taken anew rests on",
        REMAINDERS,
        "return worth < rules.min_notional",
        "return False",
        "test_what_is_too_small_to_be_taken_anew_ends",
    ),
    Mutant(
        "balances change without entries",
        RECONCILE,
        "                yield from _unexplained(empty, line)\n",
        "                pass\n",
        "test_what_no_entry_explains_is_named",
    ),
    Mutant(
        "lines of the journal are not chained",
        RECONCILE,
        "if found != claimed:",
        "if False:",
        "test_one_unit_in_a_journals_balance_is_found_at_its_height",
    ),
    Mutant(
        "neighbours of an absent entry may be far apart",
        "settlement/ledger/tree.py",
        "if [near.index for near in proof.near] != places or len(values) != len(places):",
        "if len(values) != len(proof.near):",
        "test_what_is_in_a_full_bucket_cannot_be_shown_absent",
    ),
)

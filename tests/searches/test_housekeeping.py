"""What runs beside the doors."""

from __future__ import annotations

from tests.searches.conftest import Town


def test_a_round_chains_every_audit_row_and_the_chain_proves_whole(town: Town) -> None:
    town.ask(town.heard("张志强"))
    assert town.service.audit.verify().unsealed > 0
    town.service.housekeeping.round()
    state = town.service.audit.verify()
    assert (state.whole, state.unsealed) == (True, 0)
    assert state.sealed > 0

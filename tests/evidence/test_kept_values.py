"""What a segment keeps of the gallery's values is what they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.claims import NameClaim, PersonClaims
from matchers.distinct import Distinct, Sorted, Strings
from matchers.evidence import LADDERS
from matchers.evidence.belongings import Belongings, Things
from matchers.evidence.birth import BirthDates, Born
from matchers.evidence.codecs import CODECS
from matchers.evidence.dialect import Speech
from matchers.evidence.movement import Sighting
from matchers.evidence.numbers import Number, Numbers
from matchers.evidence.part_wise import growing
from matchers.evidence.phones import Phones
from matchers.evidence.places import Home
from matchers.evidence.preparations import KINDS
from matchers.evidence.relatives import Family
from matchers.outline import OutlineBroken, put_together, take_apart
from tracing.gallery_ids import PersonIds
from tracing.households import Households

words = st.text(max_size=6)
days = st.integers(1, 800_000)
degrees = st.floats(-90, 90, allow_nan=False)
mark = st.tuples(words, words)
marks = st.frozensets(mark, max_size=3)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "names": words,
    "sex": st.sampled_from(("male", "female")),
    "birth": st.builds(Born, days, days, st.integers(0, 2)),
    "places": st.builds(Home, words, words),
    "relatives": st.builds(Family, st.lists(mark, max_size=4).map(tuple)),
    "movement": st.builds(Sighting, st.integers(0, 2), degrees, degrees, days, st.integers(0, 2)),
    "dialect": st.builds(Speech, words, words, words, words),
    "numbers": st.builds(Number, st.sampled_from(("citizen", "other")), words),
    "phones": words,
    "marks": marks,
    "looked": st.tuples(marks, marks),
    "build": st.tuples(degrees, degrees),
    "ethnicity": words,
    "belongings": st.builds(Things, days, st.frozensets(words, max_size=4)),
}
texts = st.lists(words, max_size=12)


def test_every_column_has_a_codec() -> None:
    assert set(CODECS) == set(VALUES) == set(LADDERS) - {"face"}


@pytest.mark.parametrize("key", VALUES)
@given(data=st.data())
def test_a_value_is_read_as_it_was_written(key: str, data: st.DataObject) -> None:
    one, other = data.draw(VALUES[key]), data.draw(VALUES[key])
    codec = CODECS[key]
    assert codec.read(codec.written(one)) == one
    assert (codec.written(one) == codec.written(other)) == (one == other)


@given(texts, texts, texts, st.data())
def test_distinct_strings_are_numbered_as_a_dictionary_does(
    first: list[str], second: list[str], third: list[str], data: st.DataObject
) -> None:
    oracle: dict[str, int] = {}
    codes = [oracle.setdefault(text, len(oracle)) for text in [*first, *second]]
    begun, one = Distinct.of().joined(first)
    held, two = begun.folded().joined(second)
    assert [*one, *two] == codes
    assert list(held) == list(oracle)
    aside, _ = begun.joined(third)
    again, _ = begun.joined(second)
    assert list(again) == list(oracle)
    assert list(aside) == list(dict.fromkeys([*first, *third]))
    assert [held.place(text) for text in oracle] == list(oracle.values())
    assert held.place("nowhere among these") == -1
    chosen = data.draw(st.permutations(range(len(oracle))))
    some = held.taken(np.array(chosen[:5], np.int64))
    assert list(some) == [list(oracle)[place] for place in chosen[:5]]
    assert [some.place(text) for text in some] == list(range(len(some)))


def test_two_strings_of_one_digest_are_not_taken_for_each_other() -> None:
    clash = Sorted(np.array([7, 7], np.uint64), np.array([0, 1], np.int32))
    real = Sorted.of(["甲"])
    base = Strings.of(["乙"])
    assert real.find(["甲"], base).tolist() == [-1]
    assert len(clash.digests) == 2


@given(st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True), st.data())
def test_a_persons_row_is_the_latest(people: list[str], data: st.DataObject) -> None:
    ids, rows = PersonIds.of(people), {person: row for row, person in enumerate(people)}
    held = list(people)
    for _ in range(3):
        gone = data.draw(st.lists(st.sampled_from("abcdefghij"), max_size=3, unique=True))
        fresh = data.draw(st.lists(st.sampled_from("abcdefghij"), max_size=3, unique=True))
        ids = ids.changed(gone, fresh)
        rows = {person: row for person, row in rows.items() if person not in gone}
        rows |= {person: len(held) + i for i, person in enumerate(fresh)}
        held += fresh
    assert list(ids) == held
    assert dict(ids.rows) == rows
    assert len(ids.rows) == len(rows)
    living = np.array(sorted(rows.values()), np.int64)
    assert list(ids.taken(living)) == [held[row] for row in living]


@pytest.mark.parametrize("comparator", [BirthDates(), Numbers(), Phones(), Belongings()])
@given(data=st.data())
def test_values_that_come_later_are_compared_as_if_they_had_been_there(
    comparator: Any, data: st.DataObject
) -> None:
    # of one length: where the end of another number is looked for depends on the longest at hand
    kind = st.text("0123456789?", min_size=11, max_size=11)
    strategy = {"numbers": st.builds(Number, st.just("other"), kind), "phones": kind}
    known = strategy.get(comparator.key, VALUES[comparator.key])
    values = data.draw(st.lists(known, min_size=1, max_size=9, unique=True))
    if comparator.key == "belongings":
        values = [Things(value.day, value.pairs | {"红衣"}) for value in values]
    cut = data.draw(st.integers(0, len(values)))
    own = growing(comparator)
    grown = own.grown(values, own.prepare(values[:cut]))
    outline, arrays = take_apart(grown, KINDS)
    kept = put_together(outline, arrays, KINDS)
    probe = PersonClaims.from_document(
        {
            "event_at": "2026-03-01",
            "birth": {"earliest": "1960-05-01", "basis": "document"},
            "numbers": [{"kind": "other", "text": "12345"}, {"kind": "phone", "text": "139123"}],
            "belongings": ["红衣服"],
        }
    )
    expected = comparator.levels_of(probe, comparator.prepare(values))
    assert np.array_equal(own.levels_of(probe, grown), expected)
    assert np.array_equal(own.levels_of(probe, kept), expected)


def test_nothing_but_known_kinds_comes_out_of_an_outline() -> None:
    with pytest.raises(TypeError):
        take_apart(object(), KINDS)
    strange: list[dict[str, Any]] = [{"kind": "Popen", "fields": {}}, {"array": 3}, {"set": []}]
    for outline in strange:
        with pytest.raises(OutlineBroken):
            put_together(outline, [], KINDS)


def person(number: int, house: str | None) -> PersonClaims:
    names = (NameClaim(f"人{number}", None, "registered"),)
    return PersonClaims(names=names, household=house)


@given(st.lists(st.sampled_from(("a", "b", "c", None)), min_size=1, max_size=8), st.data())
def test_a_settled_household_is_joined_and_left_as_one_in_memory(
    houses: list[str | None], data: st.DataObject
) -> None:
    claims = {row: person(row, house) for row, house in enumerate(houses)}
    fresh, _ = Households().changed((), claims)
    settled = fresh.taken(np.arange(len(houses)))
    gone = data.draw(st.sets(st.integers(0, len(houses) - 1), max_size=3))
    came = {len(houses): person(99, data.draw(st.sampled_from(("a", "b", None))))}

    def reread(rows: Sequence[int]) -> dict[int, PersonClaims]:
        return {row: claims[row] for row in rows}

    one, told = fresh.changed(gone, came)
    other, same = settled.changed(gone, came, reread)
    assert {row: set(_kin(p)) for row, p in told.items()} == {
        row: set(_kin(p)) for row, p in same.items()
    }
    living = [row for row in range(len(houses) + 1) if row not in gone]
    assert [one.shared(row) for row in living] == [other.shared(row) for row in living]


def _kin(claims: PersonClaims) -> list[str | None]:
    return [claim.text for relative in claims.relatives for claim in relative.names]

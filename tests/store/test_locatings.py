"""Looking for a home: kept sealed, taken back and restored, gone with its person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.conftest import Clock, NewOffice
from tests.store.office import Office, record
from tracing.errors import NotFound, RecordInvalid
from tracing.locating import Locatings
from tracing.locating_deeds import (
    KINDS,
    Call,
    Claim,
    Deed,
    Fragment,
    Reaction,
    SaidAloud,
    Speaker,
    State,
    packed,
    rules,
    unpacked,
)
from tracing.locating_question import question_of

HEARD = Fragment(text="主猫鸭", latin="zhu mao ya", level="village")
CALL = Call("370782111206", "朱马院", "unknown", "0536-6062114", "王支书")


@pytest.fixture
def office(new_office: NewOffice) -> Office:
    return new_office("sqlite")


@pytest.fixture
def locatings(office: Office) -> Locatings:
    return Locatings(office.store, office.people)


def somebody(office: Office, **fields: object) -> str:
    return office.people.register(office.worker, record(**fields)).person_id


def places_of(office: Office, person_id: str) -> list[tuple[str, str | None, float | None]]:
    file = office.people.get(office.worker, person_id)
    return [(place.kind, place.code, place.certainty) for place in file.record.places]


def texts(state: State) -> list[str]:
    return [deed.what.text for deed in state.fragments if isinstance(deed.what, Fragment)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_fragments_are_added_taken_back_and_return(new_office: NewOffice, kind: str) -> None:
    office = new_office(kind)
    locatings = Locatings(office.store, office.people)
    own = locatings.start(office.worker)
    first = locatings.add(office.worker, own, HEARD)
    second = locatings.add(office.worker, own, Fragment(text="祖玛雅", version_of=first))
    locatings.add(office.worker, own, Fragment(text="百吃河", level="town"))
    state = locatings.get(office.worker, own).state
    assert texts(state) == ["主猫鸭", "祖玛雅", "百吃河"]
    assert [len(group) for group in state.versions()] == [2, 1]
    locatings.undo(office.worker, own, first)
    state = locatings.get(office.worker, own).state
    assert texts(state) == ["祖玛雅", "百吃河"]
    assert [deed.id for deed in state.undone] == [first]
    assert [len(group) for group in state.versions()] == [1, 1]
    with pytest.raises(NotFound):
        locatings.undo(office.worker, own, first)
    locatings.restore(office.worker, own, first)
    locatings.undo(office.worker, own, second)
    assert texts(locatings.get(office.worker, own).state) == ["主猫鸭", "百吃河"]


def test_what_was_last_said_of_the_speaker_counts(office: Office, locatings: Locatings) -> None:
    own = locatings.start(office.worker)
    locatings.add(office.worker, own, Speaker(dialect="盐城"))
    later = locatings.add(office.worker, own, Speaker(dialect="诸城", surname="朱"))
    assert locatings.get(office.worker, own).state.speaker.dialect == "诸城"
    locatings.undo(office.worker, own, later)
    assert locatings.get(office.worker, own).state.speaker == Speaker(dialect="盐城")


def test_a_question_is_made_of_what_holds_and_of_the_votes(
    office: Office, locatings: Locatings
) -> None:
    dialects = [{"name": "诸城", "basis": "listener", "certainty": 0.9}, {"name": "青岛"}]
    person = somebody(office, dialects=dialects)
    own = locatings.start(office.worker, person)
    first = locatings.add(office.worker, own, HEARD)
    for what in (
        Fragment(text="祖玛雅", level="village", sure="unsure", version_of=first),
        Fragment(text="墙夼水库", level="landmark"),
        CALL,
        Reaction((SaidAloud("诸城", "370782", False, True), SaidAloud("柘城", "1", True, True))),
    ):
        locatings.add(office.worker, own, what)
    asked = question_of(locatings.get(office.worker, own))
    assert asked is not None
    assert [(f.text, f.level, f.sure) for f in asked.fragments] == [
        ("主猫鸭", "village", "sure"),
        ("祖玛雅", "village", "unsure"),
    ]
    assert asked.fragments[0].group == asked.fragments[1].group != ""
    assert asked.landmarks == ("墙夼水库",)
    assert asked.votes == {"诸城": 0.9, "青岛": 0.6}
    assert [(call.code, call.answer) for call in asked.calls] == [("370782111206", "unknown")]
    assert [(p.recognised, p.decoys_refused) for p in asked.prompts] == [(True, False)]


def test_a_locating_without_anything_heard_asks_nothing(
    office: Office, locatings: Locatings
) -> None:
    own = locatings.start(office.worker, somebody(office))
    assert question_of(locatings.get(office.worker, own)) is None


def test_what_the_record_says_of_home_comes_along(office: Office, locatings: Locatings) -> None:
    places = [
        {"kind": "heard_home", "text": "主猫鸭", "heard": "zhu mao ya"},
        {"kind": "living", "heard": "白石店"},
        {"kind": "household", "code": "370782", "text": "山东省诸城市"},
        {"kind": "found", "text": "常州火车站"},
    ]
    own = locatings.start(office.worker, somebody(office, places=places))
    begun = [deed.what for deed in locatings.get(office.worker, own).state.fragments]
    assert [(f.text, f.latin) for f in begun if isinstance(f, Fragment)] == [
        ("主猫鸭", "zhu mao ya"),
        ("白石店", ""),
    ]


def test_a_claim_goes_on_the_record_and_leaves_it_again(
    office: Office, locatings: Locatings
) -> None:
    person = somebody(office, places=[{"kind": "found", "text": "常州火车站"}])
    own = locatings.start(office.worker, person)
    claim = Claim("birthplace", "370782", "山东省潍坊市诸城市", "fairly")
    deed = locatings.add(office.worker, own, claim)
    before = ("found", None, None)
    assert places_of(office, person) == [before, ("birthplace", "370782", 0.6)]
    locatings.undo(office.worker, own, deed)
    assert places_of(office, person) == [before]
    locatings.restore(office.worker, own, deed)
    assert len(places_of(office, person)) == 2
    with pytest.raises(RecordInvalid, match="field"):
        locatings.link(office.worker, own, None)


def test_a_claim_for_nobody_is_refused_and_leaves_nothing(
    office: Office, locatings: Locatings
) -> None:
    own = locatings.start(office.worker)
    with pytest.raises(RecordInvalid):
        locatings.add(office.worker, own, Claim("birthplace", "370782", "诸城市", "sure"))
    assert locatings.get(office.worker, own).state.deeds == ()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_it_is_linked_to_a_person_and_goes_with_them(new_office: NewOffice, kind: str) -> None:
    office = new_office(kind)
    locatings = Locatings(office.store, office.people)
    own, person = locatings.start(office.worker), somebody(office)
    locatings.add(office.worker, own, HEARD)
    assert locatings.get(office.worker, own).expires_at is not None
    locatings.link(office.worker, own, person)
    file = locatings.get(office.worker, own)
    assert (file.person_id, file.expires_at, texts(file.state)) == (person, None, ["主猫鸭"])
    assert locatings.of_person(office.worker, person) == own
    other = locatings.start(office.worker)
    office.erase(person)
    with pytest.raises(NotFound):
        locatings.get(office.worker, own)
    assert [file.id for file in locatings.latest(office.worker)] == [other]


def test_a_mistaken_link_is_taken_back(office: Office, locatings: Locatings) -> None:
    own, person = locatings.start(office.worker, somebody(office)), somebody(office)
    locatings.add(office.worker, own, HEARD)
    locatings.link(office.worker, own, person)
    locatings.link(office.worker, own, None)
    file = locatings.get(office.worker, own)
    assert (file.person_id, texts(file.state)) == (None, ["主猫鸭"])
    assert locatings.of_person(office.worker, person) is None


def test_another_station_sees_nothing_of_it(office: Office, locatings: Locatings) -> None:
    office.stations.add(office.admin, "320404-9", "钟楼站")
    other = office.hire("other", "county_station", "320404-9")
    own = locatings.start(office.worker)
    for attempt in (
        lambda: locatings.get(other, own),
        lambda: locatings.add(other, own, HEARD),
        lambda: locatings.link(other, own, None),
        lambda: locatings.start(other, somebody(office)),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert locatings.latest(other) == ()


def test_what_nobody_linked_goes_after_its_term(
    office: Office, locatings: Locatings, clock: Clock
) -> None:
    alone, kept = locatings.start(office.worker), locatings.start(office.worker, somebody(office))
    locatings.add(office.worker, alone, HEARD)
    clock.forward(days=rules().unlinked_days - 1)
    assert locatings.tidy() == 0
    clock.forward(days=2)
    assert locatings.tidy() == 1
    assert [file.id for file in locatings.latest(office.worker)] == [kept]


def test_neither_disk_nor_trail_shows_what_was_heard(office: Office, locatings: Locatings) -> None:
    own = locatings.start(office.worker)
    for what in (HEARD, CALL, Speaker("诸城", "朱", "山东")):
        locatings.add(office.worker, own, what)
    locatings.link(office.worker, own, somebody(office))
    everything = b"".join(
        path.read_bytes() for path in office.store.data_dir.rglob("*") if path.is_file()
    )
    assert b"locating.add" in everything
    for said in ("主猫鸭", "zhu mao ya", "朱马院", "0536-6062114", "王支书"):
        assert said.encode() not in everything
    assert "主猫鸭" not in repr(locatings.get(office.worker, own))


@pytest.mark.parametrize(
    "what",
    [
        Fragment(),
        Fragment(latin="zhu", level="landmark"),
        Fragment(text="主" * 61),
        Fragment(text="主\n猫"),
        Fragment(text="主猫", level="hamlet"),
        Fragment(text="主猫", sure="very"),
        Call("37078", "诸城", "known"),
        Call("370782", "诸城", "perhaps"),
        Claim("found", "370782", "诸城", "sure"),
        Claim("living", "", "诸城", "sure"),
        Reaction(()),
    ],
)
def test_what_makes_no_sense_is_refused(
    office: Office, locatings: Locatings, what: Fragment
) -> None:
    own = locatings.start(office.worker)
    with pytest.raises(RecordInvalid):
        locatings.add(office.worker, own, what)
    assert locatings.get(office.worker, own).state.deeds == ()


def test_only_as_many_fragments_hold_as_can_be_compared(
    office: Office, locatings: Locatings
) -> None:
    own = locatings.start(office.worker)
    ids = [
        locatings.add(office.worker, own, Fragment(text=f"村{n}"))
        for n in range(rules().fragments_most)
    ]
    with pytest.raises(RecordInvalid):
        locatings.add(office.worker, own, HEARD)
    locatings.undo(office.worker, own, ids[0])
    locatings.add(office.worker, own, HEARD)


TEXT = st.text(max_size=30)
DEEDS = st.one_of(
    st.builds(Fragment, TEXT, TEXT, TEXT, TEXT, TEXT),
    st.builds(Speaker, TEXT, TEXT, TEXT),
    st.builds(Call, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    st.builds(Claim, TEXT, TEXT, TEXT, TEXT),
    st.builds(
        Reaction,
        st.lists(st.builds(SaidAloud, TEXT, TEXT, st.booleans(), st.booleans())).map(tuple),
    ),
)


@given(DEEDS)
def test_every_deed_comes_back_as_it_was(what: Fragment) -> None:
    kind = next(name for name, made in KINDS.items() if type(what) is made)
    assert unpacked(kind, packed(what)) == what


@given(st.lists(st.integers(-1, 11), max_size=12), st.lists(st.booleans(), min_size=12))
def test_every_fragment_that_holds_is_in_exactly_one_group(
    version_of: list[int], holds: list[bool]
) -> None:
    when = Clock()()
    deeds = tuple(
        Deed(str(n), "fragment", Fragment(text="村", version_of=str(of)), "w", when, holds[n])
        for n, of in enumerate(version_of)
    )
    state = State(deeds)
    grouped = [deed.id for group in state.versions() for deed in group]
    assert sorted(grouped) == sorted(deed.id for deed in state.fragments)


def test_a_record_full_of_places_refuses_one_more(office: Office, locatings: Locatings) -> None:
    person = somebody(office, places=[{"kind": "living", "text": f"村{n}"} for n in range(50)])
    own = locatings.start(office.worker, person)
    with pytest.raises(RecordInvalid):
        locatings.add(office.worker, own, Claim("living", "370782", "诸城", "sure"))
    assert len(places_of(office, person)) == 50

"""What leaves is a notice's few facts, it says until when, and it is taken back when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from tests.store.conftest import Clock
from tests.store.office import Office, full_record, record
from tracing import running_clocks
from tracing.access import Actor
from tracing.errors import CursorInvalid, FeedsOff, NoticeRefused, NotPermitted
from tracing.exchange.exporting import Exports
from tracing.exchange.feeds import ATOM, TOMBSTONE, atom_feed, json_feed
from tracing.exchange.imports import Imports
from tracing.exchange.notices import FeedPage, Notices
from tracing.exchange.pfif_read import read_pfif
from tracing.exchange.pfif_record import incoming
from tracing.exchange.pfif_structure import departures, pfif_structure
from tracing.exchange.pfif_write import pfif_document
from tracing.exchange.release import to_county, told
from tracing.protections import Protections
from tracing.registers import Registers
from tracing.store import people

PUBLIC = "听口音像是广东人，穿红色棉袄。知情者请联系 0519-86601234"


def notices_of(office: Office) -> Notices:
    return Notices(office.store, "jz.example.org")


@pytest.fixture
def known(small_office: Office) -> str:
    """Somebody in the station who may be shown."""
    return small_office.people.register(small_office.worker, full_record()).person_id


def whole(page: FeedPage) -> str:
    """Everything that leaves, in all three forms."""
    parts = (pfif_document(page), atom_feed(page, "/n.atom"), json_feed(page, "/n.json"))
    return "".join(part.decode() for part in parts)


def test_without_a_domain_of_ones_own_nothing_leaves(small_office: Office, known: str) -> None:
    notices_of(small_office).issue(small_office.worker, known)
    with pytest.raises(FeedsOff):
        Notices(small_office.store).feed()


def test_only_people_with_an_issued_notice_leave(small_office: Office, known: str) -> None:
    own = notices_of(small_office)
    assert own.feed().entries == ()
    own.issue(small_office.worker, known, PUBLIC)
    (entry,) = own.feed().entries
    assert entry.view is not None
    assert (entry.view.name, entry.view.age) == ("欧阳建国", "70-78")


def test_fields_that_may_not_leave_do_not_leave(small_office: Office) -> None:
    office = small_office
    known = office.people.register(
        office.worker,
        full_record(names=[
            {"text": "欧阳建国", "kind": "stated"}, {"text": "助三七", "kind": "given_by_station"},
            {"text": "黄金果", "latin": "wang jin gok", "kind": "heard"},
        ]),
    ).person_id  # fmt: skip
    own = notices_of(office)
    own.issue(office.worker, known, PUBLIC)
    text = whole(own.feed())
    assert "欧阳建国" in text
    assert "广东省广州市荔湾区" in text
    kept_back = ("助三七", "黄金果", "gok", "逢源路", "440103195103150011", "138 0013 8000",
                 "1951????", "户四四零一", "欧阳大山", "13900139000", "绿豆大小的痣", "左腿微跛",
                 "旧布鞋", "白沙河", "86601234", "lai wan", known,
                 "常州救助2026-0317号")  # fmt: skip
    assert [word for word in kept_back if word in text] == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"contact_wish": "no"}, "contact_refused"),
        ({"side": "register"}, "not_ours"),
    ],
)
def test_who_said_no_or_is_only_registered_gets_no_notice(
    small_office: Office, fields: dict[str, Any], reason: str
) -> None:
    person = small_office.people.register(small_office.worker, full_record(**fields)).person_id
    for deed in (notices_of(small_office).issue, notices_of(small_office).preview):
        with pytest.raises(NoticeRefused) as refused:
            deed(small_office.worker, person)
        assert refused.value.facts["reason"] == reason


def test_a_clone_of_another_site_is_not_published_again(small_office: Office) -> None:
    own = Imports(small_office.store, small_office.photos)
    text = """<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:person>
    <pfif:person_record_id>a.org/1</pfif:person_record_id><pfif:full_name>李</pfif:full_name>
    <pfif:source_date>2026-02-01T00:00:00Z</pfif:source_date></pfif:person></pfif:pfif>"""
    own.run(small_office.worker, own.look(small_office.worker, text.encode(), "a").id)
    (row,) = small_office.people.documents()
    with pytest.raises(NoticeRefused):
        notices_of(small_office).issue(small_office.worker, row.person_id)


Change = Callable[[Office, str], object]


def _protect(office: Office, person: str) -> None:
    Protections(office.store).protect(office.worker, person, "domestic_violence")


def _say_no(office: Office, person: str) -> None:
    office.people.change(office.worker, person, full_record(contact_wish="no"), 1)


def _store_only(office: Office, person: str) -> None:
    dpo = office.hire("dpo", "data_protection_officer")
    office.retention.mark(dpo, person, "stored_only", "disputed")


def _withdraw(office: Office, person: str) -> None:
    notices_of(office).withdraw(office.worker, person)


def _erase(office: Office, person: str) -> None:
    office.erase(person)


@pytest.mark.parametrize("over", [_protect, _say_no, _store_only, _withdraw, _erase])
def test_when_it_is_over_a_tombstone_with_ids_and_dates_is_left(
    office: Office, clock: Clock, over: Change
) -> None:
    known = office.people.register(office.worker, full_record()).person_id
    own = notices_of(office)
    own.issue(office.worker, known, PUBLIC)
    before = own.feed()
    clock.forward(hours=5)
    over(office, known)
    page = own.feed(before.cursor)
    assert [entry.view for entry in page.entries] == [None]
    text = whole(page)
    assert [w for w in ("欧阳", "广东", "红色", "救助") if w in text.replace("寻亲公告", "")] == []
    (person,) = read_pfif(pfif_document(page))
    assert set(person.fields) == {
        "person_record_id", "entry_date", "expiry_date", "source_date"
    }  # fmt: skip
    assert person.expired(clock())
    gone = etree.fromstring(atom_feed(page, "/n")).find(f"{{{TOMBSTONE}}}deleted-entry")
    assert gone is not None
    assert json.loads(json_feed(page, "/n"))["items"][0]["_deleted"] is True


def test_a_notice_ends_on_its_day_and_feeds_hear_of_it(
    small_office: Office, known: str, clock: Clock
) -> None:
    own = notices_of(small_office)
    own.issue(small_office.worker, known, days=30)
    cursor = own.feed().cursor
    clock.forward(days=31)
    assert own.feed(cursor).entries == (), "until housekeeping has noted it"
    assert own.feed().entries[0].view is None, "but nobody reads it any more"
    assert own.tidy() == 1
    assert [e.view for e in own.feed(cursor).entries] == [None]
    assert own.of_person(small_office.worker, known) is None


def test_the_cursor_gives_each_change_once_in_order(small_office: Office, clock: Clock) -> None:
    office, own = small_office, notices_of(small_office)
    ids = []
    for number in range(5):
        person = office.people.register(office.worker, full_record(id=f"n{number}")).person_id
        ids.append(own.issue(office.worker, person))
    seen, cursor = [], None
    while True:
        page = own.feed(cursor, 2)
        seen += [entry.id for entry in page.entries]
        cursor = page.cursor
        if not page.more:
            break
    assert seen == ids
    assert own.feed(cursor).entries == ()
    for bad in ("x", "5.0123456789abcdef", "é"):
        with pytest.raises(CursorInvalid):
            own.feed(bad)
    clock.forward(hours=1)
    first = next(iter(office.people.documents()))
    office.people.change(office.worker, first.person_id, full_record(id="n0", sex="male"), 1)
    assert [entry.id for entry in own.feed(cursor).entries] == [ids[0]]


def test_what_leaves_keeps_to_the_published_structure_and_comes_back(
    small_office: Office, known: str, clock: Clock
) -> None:
    office, own = small_office, notices_of(small_office)
    own.issue(office.worker, known, PUBLIC)
    missing = office.people.register(
        office.worker,
        record(side="sought", names=[{"text": "李秀英", "kind": "registered"}], sex="female",
               places=[{"kind": "last_seen", "text": "江苏省常州市天宁区红梅街道"}]),
    ).person_id  # fmt: skip
    own.issue(office.worker, missing)
    nameless = office.people.register(office.worker, record(build={"height_cm": [160, 160]}))
    own.issue(office.worker, nameless.person_id)
    over = office.people.register(office.worker, record(names=[{"text": "王五"}])).person_id
    own.issue(office.worker, over)
    own.withdraw(office.worker, over)
    written = pfif_document(own.feed())
    version = pfif_structure().versions["1.4"]
    root = etree.fromstring(written)
    assert root.tag == f"{{{version.namespace}}}pfif"
    for person in root:
        plain = {etree.QName(c).localname: c.text or "" for c in person if len(c) == 0}
        ended = not plain["full_name"]
        assert departures(version, "person", plain, expired=ended) == []
        assert list(plain) == [name for name in version.person if name in plain]
        for note in person.findall(f"{{{version.namespace}}}note"):
            inner = {etree.QName(c).localname: c.text or "" for c in note}
            assert departures(version, "note", inner) == []
            assert list(inner) == [name for name in version.note if name in inner]
    back = list(incoming(read_pfif(written), clock(), "other.example.org"))
    sides = [one.record.side if one.record else "gone" if one.gone else one.fault for one in back]
    assert sides == ["found", "sought", "found", "gone"]
    first, second = back[0].record, back[1].record
    assert first is not None
    assert second is not None
    assert first.names[0].text == "欧阳建国"
    assert first.sex_word == "male"
    assert first.birth is not None
    assert (first.birth.earliest or "") <= "1948-01-01"
    assert (first.birth.latest or "") >= "1955-12-31"
    assert second.places[0].text == "江苏省常州市天宁区"
    assert back[0].expires_at == clock() + timedelta(days=90)


def test_an_atom_reader_finds_entries_with_what_atom_asks_for(
    small_office: Office, known: str
) -> None:
    own = notices_of(small_office)
    own.issue(small_office.worker, known, PUBLIC)
    feed = etree.fromstring(atom_feed(own.feed(), "/notices.atom"))
    for name in ("id", "title", "updated", "author"):
        assert feed.find(f"{{{ATOM}}}{name}") is not None
    entry = feed.find(f"{{{ATOM}}}entry")
    assert entry is not None
    for name in ("id", "title", "updated", "author", "content"):
        assert entry.find(f"{{{ATOM}}}{name}") is not None
    assert [p.id.partition("/")[0] for p in read_pfif(atom_feed(own.feed(), "/n"))] == [
        "jz.example.org"
    ]


def test_an_assessment_of_connectors_that_ran_out_stops_feeds_and_exports(
    small_office: Office, known: str, clock: Clock
) -> None:
    office = small_office
    notices_of(office).issue(office.worker, known)
    dpo = office.hire("dpo", "data_protection_officer")
    Registers(office.store).assess(dpo, "connector", "评-1", "2026-02-01", "2026-03-10")
    assert notices_of(office).feed().entries
    clock.forward(days=20)
    with pytest.raises(NotPermitted):
        notices_of(office).feed()
    with pytest.raises(NotPermitted):
        Exports(office.store).page(office.worker)


def lines(office: Office, actor: Actor, cursor: str | None = None) -> tuple[list[Any], str]:
    found: list[Any] = []
    mark = cursor or ""
    for page in Exports(office.store).all_pages(actor, cursor):
        found += [json.loads(line) for line in page.lines]
        mark = page.cursor
    return found, mark


def test_an_export_goes_on_by_cursor_and_tells_ends(office: Office) -> None:
    worker = office.worker
    one = office.people.register(worker, full_record(id="e1")).person_id
    two = office.people.register(worker, full_record(id="e2")).person_id
    office.people.register(worker, full_record(id="e3"))
    first, cursor = lines(office, worker)
    assert [line["record"]["id"] for line in first] == ["e1", "e2", "e3"]
    assert lines(office, worker, cursor)[0] == []
    office.erase(one)
    _protect(office, two)
    later, _ = lines(office, worker, cursor)
    assert sorted(line["person_id"] for line in later) == sorted([one, two])
    assert all(line["deleted"] and "record" not in line for line in later)


def test_an_export_is_taken_in_by_another_installation_and_taken_back(
    new_office: Callable[..., Office],
) -> None:
    here, there = new_office(), new_office()
    person = here.people.register(here.worker, full_record(id=None, source=None)).person_id
    page = Exports(here.store).page(here.worker)
    own = Imports(there.store, there.photos)

    def sent(data: bytes) -> dict[str, int]:
        return dict(own.run(there.worker, own.look(there.worker, data, "x.ndjson").id).counts)

    assert sent(b"".join(page.lines)) == {"created": 1}
    (row,) = there.people.documents()
    assert row.document["id"] == person
    here.erase(person)
    assert sent(b"".join(Exports(here.store).page(here.worker, page.cursor).lines)) == {"gone": 1}


def test_a_session_exports_nothing_and_a_key_only_its_own_stations(small_office: Office) -> None:
    office = small_office
    office.people.register(office.worker, full_record())
    with pytest.raises(NotPermitted):
        Exports(office.store).page(replace(office.worker, via="session"))
    office.stations.add(office.admin, "320402-1", "天宁救助点", division="320402")
    below = replace(office.hire("below", "county_station", "320402-1"), via="key")
    assert Exports(office.store).page(below).lines == ()


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("广东省广州市荔湾区逢源路12号", "广东省广州市荔湾区"),
        ("山东省诸城市朱马院村", "山东省诸城市"),
        ("贵州省安顺市西秀区", "贵州省安顺市西秀区"),
        ("江苏省常州市", "江苏省常州市"),
        ("家门口有条河", ""),
        ("广西壮族自治区都安瑶族自治县高岭镇", "广西壮族自治区都安瑶族自治县"),
    ],
)
def test_a_place_is_told_down_to_its_county(text: str, cut: str) -> None:
    assert to_county(text) == cut


def test_numbers_and_addresses_in_a_text_for_the_public_are_withheld() -> None:
    text = "电话 138-0013-8000，身份证 11010119500101001X，见 https://a.b/c 或 a@b.cn，60 岁"
    assert told(text) == "电话 ＊，身份证 ＊，见 ＊ 或 ＊，60 岁"


def clocks_running(office: Office, person_id: str) -> set[str]:
    with office.store.read() as tx:
        found = running_clocks.of(tx, [person_id], office.store.now())
    return {clock.rule for clock in found[person_id] if clock.running}


def test_a_notice_that_is_published_stops_its_clock_and_no_other(
    small_office: Office, known: str
) -> None:
    before = clocks_running(small_office, known)
    assert "notice_24h" in before
    Notices(small_office.store).issue(small_office.worker, known)
    assert clocks_running(small_office, known) == before, "without a domain nobody can read it"
    notices_of(small_office).issue(small_office.worker, known)
    assert clocks_running(small_office, known) == before - {"notice_24h"}


def test_the_clock_of_a_notice_that_is_withdrawn_runs_on(small_office: Office, known: str) -> None:
    own = notices_of(small_office)
    before = clocks_running(small_office, known)
    own.issue(small_office.worker, known)
    own.issue(small_office.worker, known, PUBLIC)  # in place of the first
    assert "notice_24h" not in clocks_running(small_office, known)
    own.withdraw(small_office.worker, known)
    assert clocks_running(small_office, known) == before


def test_who_is_known_needs_no_notice_until_that_is_undone(
    small_office: Office, known: str
) -> None:
    own, store = notices_of(small_office), small_office.store
    before = clocks_running(small_office, known)
    own.issue(small_office.worker, known)
    with store.write() as tx:
        people.set_states(tx, known, {"identity_status": "confirmed"}, store.now())
        running_clocks.confirmed(tx, known, store.now())
    own.withdraw(small_office.worker, known)
    assert clocks_running(small_office, known) == set()
    with store.write() as tx:
        people.set_states(tx, known, {"identity_status": "unidentified"}, store.now())
        running_clocks.confirmed(tx, known, store.now(), undone=True)
    assert clocks_running(small_office, known) == before

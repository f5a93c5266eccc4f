"""A clip is kept sealed, lent for a few answers, heard without a name, and gone on its day."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.store.conftest import Clock
from tests.store.office import Office, record
from tracing.access import Actor
from tracing.errors import (
    Conflict,
    LinkExpired,
    NotFound,
    NotSignedIn,
    RecordInvalid,
    VoiceFormatUnknown,
    VoiceTooLarge,
    VoiceTooLong,
)
from tracing.listening import Answer, Listening
from tracing.sealing.cipher import SealBroken
from tracing.voice import VoiceClips
from tracing.voice_formats import format_of

WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm" + b"\0" * 400
HEARD = Answer("诸城", "居银江", "ju yin jiang", "fairly", "mandarin")


def wav(seconds: float, rate: int = 8000) -> bytes:
    data = b"\x80" * int(seconds * rate)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1,
                       rate, rate, 1, 8, b"data", len(data))  # fmt: skip
    return head + data


class Booth:
    """Clips and listening of an office, with a person to listen to."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.clips = VoiceClips(office.store, office.settings)
        self.listening = Listening(office.store, self.clips, office.people)
        self.person = office.people.register(office.worker, record()).person_id
        self.clip = self.clips.receive(office.worker, self.person, WEBM)

    def link(self, audience: str = "volunteer", days: int = 7, answers: int = 3) -> str:
        return self.clips.link(self.office.worker, self.clip, audience, days, answers)[1]  # type: ignore[arg-type]

    def actions(self) -> list[str]:
        auditor = self.office.hire("auditor", "auditor")
        page = self.office.audit.page(auditor, object_kind="voice")
        return [row.action for row in page.items]


@pytest.fixture
def booth(office: Office) -> Booth:
    return Booth(office)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WEBM, "webm"),
        (b"OggS\0\2" + b"\0" * 30, "ogg"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0", "mp4"),
        (wav(3), "wav"),
        (b"ID3\4\0\0\0\0\0\0", "mp3"),
        (b"\xff\xfb\x90\x64" + b"\0" * 30, "mp3"),
    ],
)
def test_a_recording_is_told_by_its_first_bytes(data: bytes, kind: str) -> None:
    assert format_of(data) == kind


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff\xe0", b"MZ", b"RIFF\0\0\0\0WAVE", b"\x1aE\xdf\xa3matroska", b"<svg>"],
)
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with pytest.raises(VoiceFormatUnknown):
        format_of(data)


def test_a_recording_is_short(booth: Booth) -> None:
    office = booth.office
    with pytest.raises(VoiceTooLong):
        booth.clips.receive(office.worker, booth.person, wav(70))
    with pytest.raises(VoiceTooLarge):
        booth.clips.receive(office.worker, booth.person, WEBM + b"\0" * 3_000_000)
    assert len(booth.clips.of_person(office.worker, booth.person)) == 1


def test_a_clip_is_played_to_its_station_alone_and_each_playing_is_recorded(booth: Booth) -> None:
    office = booth.office
    recording = booth.clips.play(office.worker, booth.clip)
    assert (recording.data, recording.media_type) == (WEBM, "audio/webm")
    station = office.stations.add(office.admin, "320499", "别处站").code
    stranger = office.hire("stranger", "county_station", station)
    for deed in (booth.clips.play, booth.clips.discard):
        with pytest.raises(NotFound):
            deed(stranger, booth.clip)
    assert booth.actions() == ["voice.play", "voice.receive"]


def test_nothing_on_the_disk_is_the_recording(booth: Booth) -> None:
    booth.listening.answer(booth.link(), None, HEARD)
    for path in Path(booth.office.settings.data_dir).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert WEBM[:40] not in content
            assert "居银江".encode() not in content


def test_an_answer_becomes_a_hearing_and_a_vote_on_the_record(booth: Booth) -> None:
    office = booth.office
    before = office.people.get(office.worker, booth.person)
    token = booth.link()
    booth.listening.answer(token, None, HEARD)
    booth.listening.answer(token, None, Answer("青岛", "", "", "guess", "local"))
    file = office.people.get(office.worker, booth.person)
    assert file.version == before.version + 2
    document = file.record.document()
    heard = document["names"][-1]
    assert {k: heard[k] for k in ("text", "latin", "kind", "dialect", "listener")} == {
        "text": "居银江", "latin": "ju yin jiang", "kind": "heard",
        "dialect": "诸城", "listener": "mandarin",
    }  # fmt: skip
    votes = [(vote["name"], vote["basis"]) for vote in document["dialects"]]
    assert votes == [("诸城", "listener"), ("青岛", "listener")]
    (clip,) = booth.clips.of_person(office.worker, booth.person)
    assert [answer.dialect for answer in clip.answers] == ["诸城", "青岛"]
    assert clip.links[0].answers == 2
    assert booth.actions().count("voice.answer") == 2


def test_a_link_ends_when_it_is_used_up_ended_or_past_its_day(booth: Booth, clock: Clock) -> None:
    used = booth.link(answers=1)
    booth.listening.answer(used, None, HEARD)
    ended = booth.link()
    (clip,) = booth.clips.of_person(booth.office.worker, booth.person)
    booth.clips.end_link(booth.office.worker, booth.clip, clip.links[1].id)
    with pytest.raises(NotFound):
        booth.clips.end_link(booth.office.worker, booth.clip, clip.links[1].id)
    late = booth.link(days=2)
    assert booth.listening.play(late, None).data == WEBM
    clock.forward(days=2)
    for token in (used, ended, late, "unknown", ""):
        for deed in (
            lambda t: booth.listening.invitation(t, None),
            lambda t: booth.listening.play(t, None),
            lambda t: booth.listening.answer(t, None, HEARD),
        ):
            with pytest.raises(LinkExpired):
                deed(token)


def test_a_link_for_staff_asks_who_listens_and_takes_one_answer_of_each(booth: Booth) -> None:
    office = booth.office
    token = booth.link("staff")
    with pytest.raises(NotSignedIn):
        booth.listening.invitation(token, None)
    code = office.stations.add(office.admin, "320499", "别处站").code
    colleague: Actor = office.hire("colleague", "county_station", code)
    assert not booth.listening.invitation(token, colleague).answered
    booth.listening.answer(token, colleague, HEARD)
    assert booth.listening.invitation(token, colleague).answered
    with pytest.raises(Conflict):
        booth.listening.answer(token, colleague, HEARD)
    with pytest.raises(NotFound):
        office.people.get(colleague, booth.person)


def test_a_link_of_somebody_who_left_is_closed(booth: Booth) -> None:
    token = booth.link()
    with booth.office.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE account SET disabled_at = created_at")
    with pytest.raises(LinkExpired):
        booth.listening.invitation(token, None)


@pytest.mark.parametrize(
    "answer",
    [
        Answer("", "", "", "guess", "local"),
        Answer("诸城", "居" * 61, "", "guess", "local"),
        Answer("诸城", "", "", "certain", "local"),
        Answer("诸城", "", "", "guess", "both"),
    ],
)
def test_an_answer_without_sense_leaves_nothing(booth: Booth, answer: Answer) -> None:
    token = booth.link()
    with pytest.raises(RecordInvalid):
        booth.listening.answer(token, None, answer)
    (clip,) = booth.clips.of_person(booth.office.worker, booth.person)
    assert clip.answers == ()
    for days, answers, audience in (
        (0, 3, "staff"),
        (31, 3, "staff"),
        (3, 11, "staff"),
        (3, 3, "x"),
    ):
        with pytest.raises(RecordInvalid):
            booth.link(audience, days, answers)


def test_a_clip_is_destroyed_on_its_day_and_what_was_heard_stays(
    booth: Booth, clock: Clock
) -> None:
    booth.listening.answer(booth.link(), None, HEARD)
    folder = Path(booth.office.settings.data_dir) / "voices"
    assert [p.suffix for p in folder.rglob("*") if p.is_file()] == [".clip"]
    clock.forward(days=91)
    with pytest.raises(NotFound):
        booth.clips.play(booth.office.worker, booth.clip)
    assert booth.clips.tidy() == 1
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    (clip,) = booth.clips.of_person(booth.office.worker, booth.person)
    assert (clip.playable, len(clip.answers)) == (False, 1)


def test_a_clip_goes_with_its_person(booth: Booth) -> None:
    office, token = booth.office, booth.link()
    booth.listening.answer(token, None, HEARD)
    office.erase(booth.person)
    folder = Path(office.settings.data_dir) / "voices"
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    with pytest.raises(LinkExpired):
        booth.listening.play(token, None)
    with pytest.raises(NotFound):
        booth.clips.play(office.worker, booth.clip)


def test_a_file_moved_to_another_clip_does_not_open(booth: Booth) -> None:
    other = booth.clips.receive(booth.office.worker, booth.person, wav(1))
    folder = Path(booth.office.settings.data_dir) / "voices"
    paths = {p.stem: p for p in folder.rglob("*.clip")}
    paths[other].write_bytes(paths[booth.clip].read_bytes())
    with pytest.raises(SealBroken):
        booth.clips.play(booth.office.worker, other)

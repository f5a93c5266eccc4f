"""The gallery in segments: a restart answers as before, damage is red, nobody comes back.

| fault | expectation |
|---|---|
| restart | the same answers, and no record read but those that came since |
| somebody erased, protected or changed since the generation | as if read from the records |
| a file flipped or cut off | set aside, not ready until everything is read, then the same answers |
| kill -9 at any point of a publication | the old generation or the new one opens, whole |
| disk full, another writer | an error; the generation in force stays |
| generations swapped under a search | the search ends on the state it began with |
| an older database put back | the generation is set aside |
| another ear, pack or release | the generation is not used, and left to who can use it |
"""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from api.cli.main import main
from indexes.segments import POINTS
from tests.exchange.files import excel
from tests.scale.gallery_house import NAMES, Again, Prepared, from_records, segments, template, town
from tracing.comparing import compare
from tracing.errors import IndexBusy, IndexUnusable
from tracing.exchange.galleries import Agreement
from tracing.exchange.imports import Wish
from tracing.gallery import View

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_restart_answers_as_before_and_reads_no_record(house: Prepared) -> None:
    expected = from_records(house)
    with town(house.folder) as again:
        assert again.everything() == expected
        assert again.opened == 0
        assert again.service.gallery.view.faces.rows.tolist() == list(range(len(NAMES)))
        with pytest.raises(IndexUnusable):
            again.service.face_index.nearest(template(3), 1)
        assert again.service.face_index.tidy() is True
        found = again.service.face_index.nearest(template(3), 1)
        assert list(found) == [house.people["欧阳娜"]]


def test_whoever_was_erased_protected_or_changed_since_is_so_after_a_restart(
    house: Prepared,
) -> None:
    with town(house.folder) as first:
        first.answer()
        first.erase(house.people["欧阳娜"])
        protections = first.service.protections
        protections.protect(first.worker, house.people["张伟"], "domestic_violence")
        newcomer = first.write("register", "欧阳纳", household="h0")
        live = first.everything()
    with town(house.folder) as again:
        assert again.everything() == live
        assert again.opened == 3
        shown = {person for person, _ in live[0]}
        assert house.people["欧阳娜"] not in shown
        assert house.people["张伟"] not in shown
        assert newcomer in shown
        again.service.gallery.publish()
        assert again.everything() == live
    with town(house.folder) as last:
        assert last.everything() == live
        assert last.opened == 0
        assert house.people["欧阳娜"] not in last.service.gallery.view.at
    assert live == from_records(house)


def test_a_lent_gallery_given_back_after_a_restart_is_seen_no_more(house: Prepared) -> None:
    with town(house.folder) as first:
        today = first.service.store.now().date()
        days = (today.isoformat(), (today + timedelta(days=30)).isoformat())
        agreement = Agreement(
            "邻市名册", "邻市救助管理站", "past_visitors", "statutory_duty", "协7", ("tracing",),
            *days, 10,
        )  # fmt: skip
        dpo = first._officer("dpo-1")
        lent = first.service.galleries.record(dpo, agreement)
        sheet = excel(["姓名", "性别"], ["欧阳那", "女"])
        wish = Wish("ledger", gallery_id=lent)
        seen = first.service.imports.look(first.worker, sheet, "a.xlsx", wish)
        assert first.service.imports.run(first.worker, seen.id).counts == {"created": 1}
        live = first.everything()
        first.service.gallery.publish()
    with town(house.folder) as again:
        assert again.everything() == live
        assert again.opened == 0
        theirs = again.service.gallery.view.ids[len(NAMES)]
        assert theirs in {person for person, _ in live[0]}
        again.service.galleries.end(again._signed_in("dpo-1"), lent)
        assert theirs not in {person for person, _ in again.answer()}


def test_sounds_lie_in_memory_after_a_restart_as_each_search_reads_them(house: Prepared) -> None:
    with town(house.folder) as again:
        gallery = again.service.gallery
        view = gallery.follow()
        names = next(c for c in gallery.comparators if c.key == "names")
        made: Any = names.prepare(tuple(view.columns["names"].values))
        kept = view.prepared["names"].table.vocabulary.said.class_of
        assert np.array_equal(kept, made.table.vocabulary.said.class_of)
        assert kept.flags.f_contiguous


@pytest.mark.parametrize(
    ("name", "how"), [("outline", "flipped"), ("small", "cut"), ("CURRENT", "flipped")]
)
def test_a_damaged_file_never_answers_and_everything_is_read_anew(
    house: Prepared, name: str, how: str
) -> None:
    part = "CURRENT" if name == "CURRENT" else f"gen-00000001/extra-{name}"
    victim = segments(house) / part
    whole = bytearray(victim.read_bytes())
    if how == "flipped":
        whole[len(whole) // 2] ^= 1
    victim.write_bytes(whole if how == "flipped" else whole[: len(whole) // 2])
    seen: list[str | None] = []
    with town(house.folder) as again:
        documents = again.service.people.documents

        def watched(after: int = 0) -> Iterator[Any]:
            for row in documents(after):
                seen.append(again.service.ready().reason)
                yield row

        again.service.people.documents = watched  # type: ignore[assignment,method-assign]
        assert next(person for person, _ in again.answer()) == house.people["欧阳娜"]
        assert set(seen) == {"index_damaged"}
        assert len(seen) == len(NAMES)
        assert again.service.ready().ready
        facts = again.service.gallery_segments.state().facts
        assert len(facts["damaged"]) == 1
        assert facts["generation"] is None
        again.service.gallery.publish()
        assert again.service.gallery_segments.state().facts["generation"] == 2


def test_a_kill_at_any_point_of_a_publication_leaves_one_whole_generation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.scale.gallery_kills", str(tmp_path)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    swapped = POINTS.index("swapped")
    expected = {p: "new" if i >= swapped else "old" for i, p in enumerate(POINTS)}
    assert told == expected


def test_a_full_disk_is_an_error_and_the_old_generation_stays(
    house: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with town(house.folder) as first:
        expected = first.everything()
        monkeypatch.setattr("indexes.segments.building.write_sealed", full)
        with pytest.raises(IndexUnusable):
            first.service.gallery.publish()
        assert first.everything() == expected
    left = sorted(p.name for p in segments(house).iterdir())
    assert left == ["CURRENT", "KEY", "LOCK", "gen-00000001"]
    with town(house.folder) as again:
        assert again.everything() == expected
        assert again.opened == 0


def test_of_two_writers_one_is_told_to_wait(house: Prepared) -> None:
    with town(house.folder) as one:
        expected = one.everything()
        with one.service.gallery_segments.shelf._writing(), pytest.raises(IndexBusy):
            one.service.gallery.publish()
        assert one.everything() == expected
        one.service.gallery.publish()
        assert one.service.gallery_segments.state().facts["generation"] == 2


def test_a_search_ends_on_the_state_it_began_with_while_generations_are_swapped(
    house: Prepared,
) -> None:
    with town(house.folder) as one, town(house.folder) as other:
        gallery = one.service.gallery
        view = gallery.follow()
        before = bits_of(one, view)
        one.erase(house.people["陈静"])
        for _ in range(3):
            gallery.publish()
        assert bits_of(one, view) == before
        assert house.people["陈静"] not in gallery.view.at
        assert other.service.gallery.tidy() is False  # it has not read anything yet
        expected = other.everything()
        one.service.gallery.publish()
        assert other.service.gallery.tidy() is True
        assert other.service.gallery_segments.generation == 5
        assert other.everything() == expected == one.everything()


def bits_of(one: Again, view: View) -> list[float]:
    searches = one.service.searches
    probe = searches._probe("found", {"names": [{"text": "陈静", "kind": "heard"}]}, ())
    using, model = one.service.gallery.comparators, searches._teller.model
    found = compare(view, using, model, probe, view.allowed("found"), 20)
    return [float(found.fused.bits[row]) for row in found.order]


def test_an_older_database_put_back_is_noticed(house: Prepared, tmp_path: Path) -> None:
    database = [p for p in house.folder.iterdir() if p.name.startswith("xunqin.db")]
    older = tmp_path / "older"
    older.mkdir()
    for path in database:
        shutil.copy(path, older)
    with town(house.folder) as later:
        later.register({"side": "register", "names": [{"text": "诸葛亮", "kind": "registered"}]})
        later.erase(house.people["周杰"])
        later.service.gallery.publish()
    for path in older.iterdir():
        shutil.copy(path, house.folder / path.name)
    (house.folder / "erasures.ndjson").unlink(missing_ok=True)
    expected = from_records(house)
    with town(house.folder) as again:
        assert again.everything() == expected
        assert len(again.service.gallery_segments.state().facts["damaged"]) == 1


def test_another_ear_makes_the_gallery_anew_and_leaves_the_old_generation(house: Prepared) -> None:
    (house.folder / "sounds").mkdir(exist_ok=True)
    (house.folder / "sounds" / "choices.json").write_text('{"format": 1, "points": []}', "utf-8")
    with town(house.folder) as again:
        again.answer()
        assert again.opened == len(NAMES)
        facts = again.service.gallery_segments.state().facts
        assert (facts["usable"], facts["damaged"]) == (False, [])
        again.service.gallery.publish()
        assert again.service.gallery_segments.state().facts["usable"] is True


def test_the_command_rebuilds_verifies_and_tells(house: Prepared) -> None:
    def run(*words: str) -> Any:
        done = CliRunner().invoke(main, ["--data", str(house.folder), "index", *words, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.output)["gallery"]

    assert run("status")["rows"] == len(NAMES)
    assert run("rebuild")["facts"]["generation"] == 2
    told = run("verify")
    assert (told["whole"], told["rows"], told["agreeing"]) == (True, len(NAMES), len(NAMES))
    victim = segments(house) / "gen-00000002" / "extra-outline"
    victim.write_bytes(victim.read_bytes()[:-1])
    done = CliRunner().invoke(main, ["--data", str(house.folder), "index", "verify"])
    assert done.exit_code == 1
    assert "rebuild" in done.output


def test_the_data_folder_shows_no_name_of_the_gallery(house: Prepared) -> None:
    whole = b"".join(p.read_bytes() for p in house.folder.rglob("*") if p.is_file())
    for name, person in house.people.items():
        assert name.encode() not in whole
        assert (
            person.encode() not in (segments(house) / "gen-00000001" / "extra-small").read_bytes()
        )

"""The demo's proof: register, search, explain, and be right, in the terminal.

Three questions are asked of the demo world: a real photograph through the real encoder, a name
heard in dialect, and somebody who has no record. The proof fails unless each gets its answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracing.access import Actor
from tracing.answers import Candidate, SearchResult
from tracing.demo.population import Population
from tracing.demo.trying import TryThis, heard_name, in_words, nobody
from tracing.demo.world import (
    PHOTO_SOURCE,
    PORTRAIT,
    SEED,
    WORKER,
    acting,
    enrol,
    enrol_portrait,
    largest,
    people_in,
    portrait,
    prepare,
    recorded,
)
from tracing.errors import NotFound
from tracing.photos.keeping import FaceChoice
from tracing.records import PersonRecord

if TYPE_CHECKING:
    from tracing.service import Service

CHECK_SOURCE = "demo-check"
SHOWN = 5
"""Reasons shown of the first candidate."""
FOLDER_PEOPLE = 20
"""People of a photo folder who are asked about."""
FOLDER_FIRST = 0.8
"""Share of them whose other picture must come first."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Whether every question got its answer, and what to print."""

    ok: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One question's outcome."""

    ok: bool
    lines: tuple[str, ...]


def check(
    service: Service, photos: Path | None = None, people: int = 20_000, seed: int = SEED
) -> CheckReport:
    """Ask the demo world of `prepare`, made first with these arguments where it is not here.

    Raises:
        Conflict: this installation has accounts of its own.
    """
    try:
        worker = acting(service, WORKER)
    except NotFound:
        prepare(service, people, photos, seed)
        worker = acting(service, WORKER)
    enrol_portrait(service, worker)
    world = Population.of(people, seed)
    tasks = {"name": heard_name(world), "nobody": nobody(world)}
    portrait_arrived = _by_photo(service, worker)
    # all are registered before the first is asked, so that the gallery is read once
    arrived = {
        kind: _by_words(service, worker, task, f"{kind}-{seed}") for kind, task in tasks.items()
    }
    steps = (
        _photo_step(service, worker, portrait_arrived),
        _name_step(service, worker, tasks["name"], arrived["name"]),
        _nobody_step(service, worker, tasks["nobody"], arrived["nobody"]),
        *(() if photos is None else (_by_folder(service, worker, photos),)),
    )
    ok = all(step.ok for step in steps)
    last = "全部通过。" if ok else "没有通过:有问题没有得到应有的回答。"
    return CheckReport(ok, (*(line for step in steps for line in step.lines), last))


def _by_photo(service: Service, worker: Actor) -> str | None:
    """A new arrival with nothing but another rendering of the portrait; None if no face is seen."""
    asked = portrait("asked")
    return enrol(service, worker, asked, "asked.jpg", f"{PORTRAIT}-asked", side="found")


def _by_words(service: Service, worker: Actor, task: TryThis | None, mark: str) -> str | None:
    """A new arrival with what the task says, registered once; None without a task."""
    if task is None or task.record is None:
        return None
    arrived = recorded(service, CHECK_SOURCE, mark)
    if arrived is not None:
        return arrived
    document = {"id": mark, "source": CHECK_SOURCE, **task.record}
    return service.people.register(worker, PersonRecord.model_validate(document)).person_id


def _photo_step(service: Service, worker: Actor, arrived: str | None) -> _Step:
    """The portrait must come first."""
    if arrived is None:
        return _Step(ok=False, lines=("照片:没有找到脸。",))
    answer = service.searches.for_person(worker, arrived)
    return _judged("照片:新来一人,只有一张照片", answer, PORTRAIT)


def _name_step(service: Service, worker: Actor, task: TryThis | None, arrived: str | None) -> _Step:
    """Whose name was heard wrongly must come first."""
    if task is None or task.record is None or arrived is None:
        return _Step(ok=False, lines=("名字:虚构人口太少,请至少用 100 人。",))
    answer = service.searches.for_person(worker, arrived)
    return _judged(f"名字:{in_words(task.record)}", answer, task.expect_id or "")


def _nobody_step(
    service: Service, worker: Actor, task: TryThis | None, arrived: str | None
) -> _Step:
    """Nobody must be likelier than any candidate."""
    if task is None or task.record is None or arrived is None:
        return _Step(ok=False, lines=("不在库中:没有这样的问题。",))
    answer = service.searches.for_person(worker, arrived)
    ranked = _on_record(answer)
    best = max((one.probability for one in ranked), default=0.0)
    ok = answer.nobody > best and not any(one.grade == "strong" for one in ranked)
    return _Step(
        ok,
        (
            f"不在库中:{in_words(task.record)}",
            f"  可能不在库中 {answer.nobody:.0%},第一候选 {best:.0%}{_mark(ok)}",
        ),
    )


def _on_record(answer: SearchResult) -> list[Candidate]:
    """Candidates without other arrivals, such as the same task tried by hand before."""
    return [one for one in answer.candidates if one.side != "found"]


def _by_folder(service: Service, worker: Actor, folder: Path) -> _Step:
    """Other pictures of the first people of the folder, asked outside a case."""
    asked = right = 0
    for person, pictures in people_in(folder):
        if asked == FOLDER_PEOPLE:
            break
        if len(pictures) < 2 or recorded(service, PHOTO_SOURCE, person) is None:
            continue
        picture = pictures[-1]
        photo = service.photos.receive(worker, picture.read_bytes(), picture.name)
        if not photo.faces:
            continue
        answer = service.searches.ask(
            worker,
            PersonRecord.model_validate({"side": "found"}),
            "tracing",
            "statutory_duty",
            "other",
            faces=(FaceChoice(photo.id, largest(photo)),),
        )
        asked += 1
        right += bool(answer.candidates) and answer.candidates[0].external_id == person
    ok = asked > 0 and right >= FOLDER_FIRST * asked
    return _Step(ok, (f"照片夹:{asked} 人中 {right} 人排在第一{_mark(ok)}",))


def _judged(title: str, answer: SearchResult, expected: str) -> _Step:
    """Right if the person expected comes first; the reasons are shown either way."""
    first = next(iter(_on_record(answer)), None)
    ok = first is not None and first.external_id == expected
    lines = [title, f"  {answer.gallery_size} 人中比对,用 CPU {answer.cpu_ms:.0f} 毫秒"]
    if first is None:
        lines.append("  没有候选")
    else:
        lines += _explained(first)
    lines.append(f"  可能不在库中 {answer.nobody:.0%}{_mark(ok)}")
    return _Step(ok, tuple(lines))


def _explained(candidate: Candidate) -> Iterator[str]:
    """The candidate's name, share and reasons in bits."""
    names = [name.text for name in candidate.record.names if name.text]
    title = names[0] if names else "(没有名字)"
    yield f"  第一位 {title} 编号 {candidate.external_id},份额 {candidate.probability:.0%}"
    for reason in sorted(candidate.reasons, key=lambda one: -abs(one.bits))[:SHOWN]:
        yield (
            f"    {reason.bits:+6.1f} 比特  {reason.evidence}:{reason.words}"
            f"(问 {reason.asked or '—'},答 {reason.found or '—'})"
        )
    for pair in candidate.alignment or ():
        yield f"      {pair.heard}{pair.heard_latin} ≈ {pair.char}{pair.latin}"


def _mark(ok: bool) -> str:
    """The verdict of a step."""
    return "  ✓ 对" if ok else "  ✗ 不对"

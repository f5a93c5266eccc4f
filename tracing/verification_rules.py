"""What a confirmation needs, read from `verification.toml`, and the decisions that follow."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

State = Literal["open", "waiting", "approval", "confirmed", "rejected", "disagreed", "withdrawn"]
_END_OF_YEAR = "-12-31"
OPEN_STATES: tuple[State, ...] = ("open", "waiting", "approval")


@dataclass(frozen=True, slots=True)
class FactKind:
    """One kind of fact and what it is worth."""

    kind: str
    counts: bool
    blocks: bool
    call: bool
    family: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group under a stricter rule."""

    group: str
    needs: frozenset[str]
    approval: bool


@dataclass(frozen=True, slots=True)
class VerificationRules:
    """`verification.toml`, read."""

    conclusions: tuple[str, ...]
    results: tuple[str, ...]
    outcomes: tuple[str, ...]
    disclosing: frozenset[str]
    held_back: int
    minor_below: int
    longest: Mapping[str, int]
    facts: Mapping[str, FactKind]
    groups: Mapping[str, Group]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules look at in a fact."""

    kind: str
    result: str


@lru_cache(maxsize=1)
def verification_rules() -> VerificationRules:
    """The packaged rules; the same object every time."""
    text = files("tracing").joinpath("verification.toml").read_text("utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return VerificationRules(
        conclusions=tuple(table["conclusions"]),
        results=tuple(table["results"]),
        outcomes=tuple(table["outcomes"]),
        disclosing=frozenset(table["disclosing"]),
        held_back=table["held_back"],
        minor_below=table["minor_below"],
        longest=table["longest"],
        facts={
            row["kind"]: FactKind(
                row["kind"],
                row["counts"],
                row.get("blocks", False),
                row.get("call", False),
                row.get("family", False),
            )
            for row in table["facts"]
        },
        groups={
            row["group"]: Group(row["group"], frozenset(row["needs"]), row["approval"])
            for row in table["groups"]
        },
    )


def may_be_minor(documents: Iterable[Mapping[str, Any]], today: date) -> bool:
    """Whether any record leaves room for an age under 18 today; no birth recorded says nothing."""
    born = f"{today.year - verification_rules().minor_below}-{today:%m-%d}"
    for document in documents:
        birth = document.get("birth") or {}
        latest = str(birth.get("latest") or birth.get("earliest") or "")
        if latest and latest + _END_OF_YEAR[len(latest) - 4 :] > born:
            return True
    return False


def lacking(
    findings: Sequence[Finding], groups: frozenset[str] | None, *, final: bool
) -> tuple[str, ...]:
    """What still bars the conclusion "the same person", as codes; empty when nothing does.

    `groups`: None means that nobody has said which stricter rules hold. `final`: also what only
    the second examiner's answer needs. Codes: `groups`, `blocked`, `fact`, `proof`.
    """
    rules = verification_rules()
    supporting = {f.kind for f in findings if f.result == "supports"}
    missing = []
    if groups is None:
        missing.append("groups")
    if any(f.result == "against" and rules.facts[f.kind].blocks for f in findings):
        missing.append("blocked")
    if not any(rules.facts[kind].counts for kind in supporting):
        missing.append("fact")
    strict = [rules.groups[name] for name in groups or ()]
    unproved = [g for g in strict if not g.needs & supporting and not g.approval]
    if final and unproved:
        missing.append("proof")
    return tuple(missing)


def unready(findings: Sequence[Finding], groups: frozenset[str] | None) -> tuple[str, ...]:
    """What bars any answer at all, as codes.

    Stricter rules are stated and a fact is written before every answer, not only before "the
    same": else their absence would tell the second examiner what the first one said.
    """
    missing = ["groups"] if groups is None else []
    return (*missing, *(() if findings else ("nothing",)))


def needs_approval(findings: Sequence[Finding], groups: frozenset[str]) -> bool:
    """Whether a third person of the second level has to approve what two people agree on."""
    supporting = {f.kind for f in findings if f.result == "supports"}
    rules = verification_rules()
    return any(not rules.groups[name].needs & supporting for name in groups)


def closed_as(first: str, second: str) -> State:
    """The state after two answers: agreed on the same, agreed on different, or not agreed."""
    if first != second or first == "unsure":
        return "disagreed"
    return "confirmed" if first == "same" else "rejected"

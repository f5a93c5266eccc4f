"""What `POST /v1/locations` takes and gives; strict, closed, with an example."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.v1.models import Closed
from matchers.places import locating
from tracing.locating_deeds import Answer

Level = Literal["village", "town", "county", "city", "province"]
Heard = Annotated[str, Field(min_length=1, max_length=60)]
QUESTION_EXAMPLE: dict[str, Any] = {
    "fragments": [
        {"text": "主猫鸭", "latin": "zhu mao ya", "level": "village", "group": "a"},
        {"text": "祖玛雅", "level": "village", "sure": "unsure", "group": "a"},
        {"text": "百吃河", "level": "town"},
    ],
    "dialect": "诸城",
    "surname": "朱",
    "province": "山东",
    "landmarks": ["墙夼水库"],
    "calls": [{"code": "370782", "answer": "no_answer"}],
    "counties": 5,
}


class PlaceHeard(Closed):
    """A piece of where home is. Fragments of one `group` contradict one another."""

    text: Heard | None = None
    latin: Heard | None = None
    level: Level | None = None
    sure: Literal["sure", "unsure"] = "sure"
    group: Annotated[str, Field(max_length=24)] = ""


class PlaceCalled(Closed):
    """A village, town or county that was telephoned, by code, and what it answered."""

    code: Annotated[str, Field(pattern=r"^\d{6}(\d{3}(\d{3})?)?$")]
    answer: Answer


class NameSaid(Closed):
    """A name said aloud to the person; a yes counts only where decoys were refused."""

    code: Annotated[str, Field(pattern=r"^\d{6}(\d{3}(\d{3})?)?$")]
    recognised: bool
    decoys_refused: bool


class LocationQuestion(Closed):
    """All that is known of where home may be. Nothing of it is kept."""

    fragments: Annotated[tuple[PlaceHeard, ...], Field(max_length=12, strict=False)] = ()
    dialect: Heard | None = None
    votes: Annotated[
        dict[Heard, Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]],
        Field(max_length=20, default_factory=dict),
    ]
    surname: Annotated[str, Field(min_length=1, max_length=4)] | None = None
    province: Heard | None = None
    landmarks: Annotated[tuple[Heard, ...], Field(max_length=12, strict=False)] = ()
    calls: Annotated[tuple[PlaceCalled, ...], Field(max_length=100, strict=False)] = ()
    prompts: Annotated[tuple[NameSaid, ...], Field(max_length=100, strict=False)] = ()
    counties: Annotated[int, Field(ge=1, le=100)] = 10

    def asked(self) -> locating.Question:
        """The question as the engine takes it."""
        return locating.Question(
            fragments=tuple(
                locating.Fragment(f.text, f.latin, f.level, f.sure, f.group) for f in self.fragments
            ),
            dialect=self.dialect,
            votes=dict(self.votes),
            surname=self.surname,
            province=self.province,
            landmarks=self.landmarks,
            calls=tuple(locating.Call(c.code, c.answer) for c in self.calls),
            prompts=tuple(
                locating.Prompt(p.code, p.recognised, p.decoys_refused) for p in self.prompts
            ),
        )


class Given(BaseModel):
    """An answer, read off the engine's own."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class Syllable(Given):
    """A syllable heard beside one of the name; step 0 the same … 3 different."""

    heard: str
    heard_reading: str
    char: str
    reading: str
    pinyin: str
    step: int


class PlaceReason(Given):
    """One term of a sum in bits; `fragment` is its number in the question, -1 for other kinds."""

    kind: locating.ReasonKind
    bits: float
    fragment: int
    said: str
    place: str
    code: str
    level: Level | None
    old_name: bool
    years: tuple[int, int | None] | None
    pairs: tuple[Syllable, ...]
    dialect: str


class Village(Given):
    """A village; `probability` is its share of the whole country's."""

    code: str
    name: str
    town_code: str
    town: str
    probability: float
    bits: float
    reasons: tuple[PlaceReason, ...]
    source: str


class County(Given):
    """A county with why it stands where it stands; the reasons add up to its bits."""

    code: str
    name: str
    path: str
    probability: float
    bits: float
    reasons: tuple[PlaceReason, ...]
    villages: tuple[Village, ...]
    lat: float | None
    lon: float | None
    speech: str
    speech_source: str


class Province(Given):
    """A province and its share."""

    code: str
    name: str
    probability: float


class AskedName(Given):
    """A name to say aloud; a decoy fits nothing that was said."""

    name: str
    code: str
    decoy: bool


class NextQuestion(Given):
    """What to ask next, and how many bits the answer is expected to bring."""

    kind: locating.AskKind
    bits: float
    names: tuple[AskedName, ...]
    level: Level | None
    between: tuple[str, ...]
    fragment: int


class DialectShare(BaseModel):
    """A point of the sound tables whose readings fit, and its share."""

    name: str
    share: float


class Location(Given):
    """Where home may be. Shares of counties, of those not listed and `elsewhere` sum to 1."""

    counties: tuple[County, ...]
    provinces: tuple[Province, ...]
    elsewhere: float
    dialects: tuple[DialectShare, ...]
    asks: tuple[NextQuestion, ...]
    unread: tuple[int, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, found: locating.Located, counties: int) -> Location:
        """The answer with its first `counties` counties."""
        dialects = tuple(DialectShare(name=name, share=share) for name, share in found.dialects)
        return cls(
            counties=tuple(County.model_validate(c) for c in found.counties[:counties]),
            provinces=tuple(Province.model_validate(p) for p in found.provinces),
            elsewhere=found.elsewhere,
            dialects=dialects,
            asks=tuple(NextQuestion.model_validate(a) for a in found.asks),
            unread=found.unread,
            notes=found.notes,
        )

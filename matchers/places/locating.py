"""Locate home: what is asked, and what is answered.

A station adds one fragment after another ("a village that sounds like 主猫鸭", "a market town,
`ga jiang`", "高密 or 高美"); the answer is a posterior over counties and the villages in them,
every share explained by reasons in bits that add up, and the question that would tell most next.
`matchers.places.locator.Locator` does the work (open it once, it is immutable and thread-safe):

    locator = Locator.open(SoundEngine.standard(*sources), folder)  # folder: additions, or None
    found = locator.locate(Question((Fragment("主猫鸭", level="village"),), dialect="诸城"))
    found.counties[0].path, found.counties[0].villages[0].name

A place that no source holds is added by `matchers.places.additions`:

    add_place(folder, Addition("朱马院", within="370782", level="village", source="..."))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from matchers.sounds import Pair

PlaceLevel = Literal["village", "town", "county", "city", "province"]
Sure = Literal["sure", "unsure"]
CallAnswer = Literal["known", "unknown", "no_answer"]
"""有此人 (they know the person), 不认识 (nobody does), 无人接 (nobody answered: says nothing)."""

ReasonKind = Literal[
    "sound", "dialect", "surname", "province", "landmark", "call", "prompt", "prior"
]
AskKind = Literal["say_aloud", "level", "staple", "another_hearing"]


class QuestionError(ValueError):
    """The question cannot be answered as it stands; `code` says why, for the message catalogue."""

    code = "location_invalid"


class NothingToLocate(QuestionError):
    """Nothing was said of home yet. Add a fragment, a dialect, a province or a landmark."""

    code = "location_empty"


class TooManyFragments(QuestionError):
    """More than 12 fragments. Keep those that were heard best."""

    code = "location_too_many"


class UnknownProvince(QuestionError):
    """This is no province. Write it as on the map (山东) or as a code (37)."""

    code = "location_province_unknown"


class UnknownPlace(QuestionError):
    """A call or a prompted name carries a code that is no county, town or village here."""

    code = "location_place_unknown"


@dataclass(frozen=True, slots=True)
class Fragment:
    """One thing heard of home: characters, Latin letters as it sounded, or both.

    Administrative words (村 镇 县 公社 大队 …) may stay; they hint at the level. `level` None means
    that nobody knows what kind of place it is. Fragments with the same non-empty `group` are
    versions of one thing that contradict one another ("高密 or 高美"): alternatives, never a sum.
    """

    text: str | None = None
    latin: str | None = None
    level: PlaceLevel | None = None
    sure: Sure = "sure"
    group: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A village, town or county that was telephoned: its code (12, 9 or 6 digits), the answer."""

    code: str
    answer: CallAnswer


@dataclass(frozen=True, slots=True)
class Prompt:
    """Names said aloud to the person: `code` was recognised (or not), decoys were refused (or not).

    A yes counts only where `decoys_refused`; a no counts a little either way.
    """

    code: str
    recognised: bool
    decoys_refused: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Everything known of where home may be.

    `dialect` is a place or a group as people name it (诸城, 吴语); `votes` are listeners' shares by
    such names. `province` is a stated province (山东, 37), strong but not absolute. `landmarks` are
    rivers, mountains, lakes as free text; they are compared with names of places only, since no
    lawful list of waters and mountains is packaged.
    """

    fragments: tuple[Fragment, ...] = ()
    dialect: str | None = None
    votes: Mapping[str, float] = field(default_factory=dict)
    surname: str | None = None
    province: str | None = None
    landmarks: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    prompts: tuple[Prompt, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceReason:
    """Why a county or village stands where it stands; bits of one list add up to its `bits`.

    `fragment` is the number of the fragment (or version) in the question, -1 for other kinds.
    `said` is what was heard or stated, `place` and `code` the place it was taken for at `level`.
    `old_name` says that the place has this name no more; `years` are the first and last year of
    the name in the sources (last None while it stands). `pairs` are syllables heard beside those
    of the name at `dialect`, the point whose readings fit best.
    """

    kind: ReasonKind
    bits: float
    fragment: int = -1
    said: str = ""
    place: str = ""
    code: str = ""
    level: PlaceLevel | None = None
    old_name: bool = False
    years: tuple[int, int | None] | None = None
    pairs: tuple[Pair, ...] = ()
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class VillageFound:
    """A village or community (or, where only a town fits, the town itself with an empty `name`).

    `probability` is its share of all of China's, not of its county's; the villages listed in a
    county are its likeliest and need not add up to it. `source` is not empty for a place added.
    """

    code: str
    name: str
    town_code: str
    town: str
    probability: float
    bits: float
    reasons: tuple[PlaceReason, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class CountyFound:
    """A county standing today; `bits` is log2 of posterior odds against an average county.

    `path` is 山东省潍坊市诸城市. `lat`, `lon` are degrees or None; `speech` is how its speech is
    grouped ("官话/胶辽"), `speech_source` what that rests on and how surely.
    """

    code: str
    name: str
    path: str
    probability: float
    bits: float
    reasons: tuple[PlaceReason, ...]
    villages: tuple[VillageFound, ...]
    lat: float | None
    lon: float | None
    speech: str
    speech_source: str


@dataclass(frozen=True, slots=True)
class ProvinceShare:
    """A province (two digits) and its share of the posterior."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class NameAloud:
    """One of four names to say aloud; a decoy is a real name far away that fits nothing said."""

    name: str
    code: str
    decoy: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A question worth asking next; `bits` is how much it is expected to tell.

    `say_aloud`: read `names` in this order and watch; `level`: ask for the name of this `level`
    ("what was the market town called?"); `staple`: rice or noodles at home? (`between`: the two
    counties it separates); `another_hearing`: have somebody else listen to fragment `fragment`.
    """

    kind: AskKind
    bits: float
    names: tuple[NameAloud, ...] = ()
    level: PlaceLevel | None = None
    between: tuple[str, ...] = ()
    fragment: int = -1


@dataclass(frozen=True, slots=True)
class Located:
    """The answer. Shares of `counties`, the counties not listed and `elsewhere` sum to 1.

    `elsewhere` is the share of "no place we hold explains this". `unread` numbers the fragments
    that hold nothing readable. `dialects` are the points whose readings fit, with shares. `notes`
    are codes of things to be said plainly: `transcription` (a Mongolian or Uyghur name known here
    only in Han transcription), `landmark_unmatched`, `province_moved` (重庆 from 四川), `no_town`
    (no fragment below the county: villages are not told apart).
    """

    counties: tuple[CountyFound, ...]
    provinces: tuple[ProvinceShare, ...]
    elsewhere: float
    dialects: tuple[tuple[str, float], ...]
    asks: tuple[Ask, ...]
    unread: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

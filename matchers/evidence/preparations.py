"""The closed list of kinds that prepared tables are made of; see `matchers.outline`."""

from __future__ import annotations

from matchers.distinct import Distinct, Sorted, Strings
from matchers.evidence.belongings import PreparedThings
from matchers.evidence.birth import PreparedBirths
from matchers.evidence.dialect import Speech
from matchers.evidence.digits import NumberTable
from matchers.evidence.looked import PreparedLooked
from matchers.evidence.marks import PreparedMarks
from matchers.evidence.movement import PreparedSightings, RoleSightings
from matchers.evidence.numbers import PreparedNumbers
from matchers.evidence.part_wise import Parts
from matchers.evidence.places import PreparedHomes
from matchers.evidence.relatives import Members, PreparedFamilies
from matchers.evidence.sounding import Heard
from matchers.sounds.channel import Ear, Perception, Spoken
from matchers.sounds.parts import Parts as NameParts
from matchers.sounds.parts import Postings
from matchers.sounds.table import NameTable
from matchers.sounds.vocabulary import Vocabulary

KINDS: dict[str, type] = {
    "NameParts": NameParts,
    **{
        kind.__name__: kind
        for kind in (
            Distinct,
            Ear,
            Heard,
            Members,
            NameTable,
            NumberTable,
            Parts,
            Perception,
            Postings,
            PreparedBirths,
            PreparedFamilies,
            PreparedHomes,
            PreparedLooked,
            PreparedMarks,
            PreparedNumbers,
            PreparedSightings,
            PreparedThings,
            RoleSightings,
            Sorted,
            Speech,
            Spoken,
            Strings,
            Vocabulary,
        )
    },
}
"""By the name that stands in an outline."""

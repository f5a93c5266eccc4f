"""A typed client of the JSON doors, for other programs and for our own tests.

    from api.client import Client

    with Client("https://xunqin.example", key) as xunqin:
        photo = xunqin.send_photo(picture)
        record = {"side": "found", "photos": [{"file": photo.id, "face": 0}]}
        person = xunqin.register(record, "ledger-2026-17")
        for candidate in xunqin.search_for(person.person_id).candidates:
            print(candidate.rank, candidate.grade, candidate.probability)

What the doors answer comes as the models they are described with. A refusal is an exception with
its stable code and its sentence in the language asked for.
"""

from api.client.calls import Client
from api.client.errors import (
    Busy,
    Changed,
    ClientError,
    Invalid,
    Missing,
    NotAllowed,
    NotHere,
    Refused,
    Unreachable,
    Unreadable,
)

__all__ = [
    "Busy",
    "Changed",
    "Client",
    "ClientError",
    "Invalid",
    "Missing",
    "NotAllowed",
    "NotHere",
    "Refused",
    "Unreachable",
    "Unreadable",
]

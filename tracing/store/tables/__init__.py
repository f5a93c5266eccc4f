"""The tables. What identifies a person is in sealed columns only (`LargeBinary`)."""

from tracing.store.tables.accounts import (
    Account,
    ApiKey,
    Idempotency,
    SecondFactor,
    SetupLink,
    SignIn,
    SignInFailure,
    Station,
)
from tracing.store.tables.base import Base
from tracing.store.tables.casework import AuditRow, Candidate, Case, Exclusion, Search
from tracing.store.tables.people import ExactKeyRow, Person, PersonKey, PersonVersion
from tracing.store.tables.photos import Draft, Face, FacePrint, Photo
from tracing.store.tables.retention import Erasure, RetentionMark
from tracing.store.tables.service import Checkpoint, Counter, ServiceKey
from tracing.store.tables.voices import Clip, HearingPair, Listening, ListeningLink

__all__ = [
    "Account",
    "ApiKey",
    "AuditRow",
    "Base",
    "Candidate",
    "Case",
    "Checkpoint",
    "Clip",
    "Counter",
    "Draft",
    "Erasure",
    "ExactKeyRow",
    "Exclusion",
    "Face",
    "FacePrint",
    "HearingPair",
    "Idempotency",
    "Listening",
    "ListeningLink",
    "Person",
    "PersonKey",
    "PersonVersion",
    "Photo",
    "RetentionMark",
    "Search",
    "SecondFactor",
    "ServiceKey",
    "SetupLink",
    "SignIn",
    "SignInFailure",
    "Station",
]

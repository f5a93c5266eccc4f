"""The tables. What identifies a person is in sealed columns only (`LargeBinary`)."""

from tracing.store.tables.accounts import (
    Account,
    ApiKey,
    FamilyAccess,
    Idempotency,
    OpenidState,
    OpenidSubject,
    SecondFactor,
    SetupLink,
    SignIn,
    SignInFailure,
    Station,
)
from tracing.store.tables.base import Base
from tracing.store.tables.casework import (
    AuditRow,
    Candidate,
    Case,
    ConfirmedCase,
    Exclusion,
    Search,
)
from tracing.store.tables.crosschecks import (
    Crosscheck,
    CrosscheckAnswer,
    CrosscheckDeed,
    TrustedKey,
)
from tracing.store.tables.exchange import (
    BorrowedGallery,
    ErasedExternal,
    ImportRun,
    Notice,
    Origin,
)
from tracing.store.tables.locating import Locating, LocatingDeed
from tracing.store.tables.people import ExactKeyRow, Person, PersonKey, PersonVersion
from tracing.store.tables.photos import (
    Draft,
    Face,
    FaceCohort,
    FaceCohortMember,
    FacePrint,
    Photo,
)
from tracing.store.tables.police import (
    PoliceApproval,
    PoliceInquiry,
    PoliceQuestion,
    PoliceRequest,
)
from tracing.store.tables.retention import Erasure, RetentionMark
from tracing.store.tables.rights import (
    Assessment,
    Clue,
    DutyClock,
    Incident,
    ProtectionAlert,
    ProtectionEcho,
    RightsRequest,
)
from tracing.store.tables.service import Checkpoint, Counter, ServiceKey
from tracing.store.tables.verifications import (
    PersonLink,
    SearchReview,
    Verification,
    VerificationAnswer,
    VerificationFact,
)
from tracing.store.tables.voices import Clip, HearingPair, Listening, ListeningLink
from tracing.store.tables.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account",
    "ApiKey",
    "Assessment",
    "AuditRow",
    "Base",
    "BorrowedGallery",
    "Candidate",
    "Case",
    "Checkpoint",
    "Clip",
    "Clue",
    "ConfirmedCase",
    "Counter",
    "Crosscheck",
    "CrosscheckAnswer",
    "CrosscheckDeed",
    "Draft",
    "DutyClock",
    "ErasedExternal",
    "Erasure",
    "ExactKeyRow",
    "Exclusion",
    "Face",
    "FaceCohort",
    "FaceCohortMember",
    "FacePrint",
    "FamilyAccess",
    "HearingPair",
    "Idempotency",
    "ImportRun",
    "Incident",
    "Listening",
    "ListeningLink",
    "Locating",
    "LocatingDeed",
    "Notice",
    "OpenidState",
    "OpenidSubject",
    "Origin",
    "Person",
    "PersonKey",
    "PersonLink",
    "PersonVersion",
    "Photo",
    "PoliceApproval",
    "PoliceInquiry",
    "PoliceQuestion",
    "PoliceRequest",
    "ProtectionAlert",
    "ProtectionEcho",
    "RetentionMark",
    "RightsRequest",
    "Search",
    "SearchReview",
    "SecondFactor",
    "ServiceKey",
    "SetupLink",
    "SignIn",
    "SignInFailure",
    "Station",
    "TrustedKey",
    "Verification",
    "VerificationAnswer",
    "VerificationFact",
    "WebhookDelivery",
    "WebhookEndpoint",
]

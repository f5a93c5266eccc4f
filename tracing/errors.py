"""What can go wrong, in one tree; a docstring is the advice a person gets.

TracingError
├── NotSignedIn · NotPermitted · PurposeMissing · PurposeForbidden
├── NotFound · Conflict · IdempotencyMismatch · VersionConflict
├── RecordInvalid · CursorInvalid · CheckpointInvalid · AuditFileInvalid
├── PhotoError
│   ├── PhotoUnreadable · PhotoFormatUnknown · PhotoFormatUnsupported
│   ├── PhotoTooLarge · PhotoTooManyPixels · PhotoTooSmall · PhotoTimedOut
│   └── FaceUnknown
├── FileRefused · GalleryRefused · NoticeRefused · CloneFixed · ImportFinished · FeedsOff
├── SoundPackInvalid · SoundPackUnknown · PairsInvalid · ModelUnreadable
├── VoiceError
│   └── VoiceFormatUnknown · VoiceTooLarge · VoiceTooLong
├── OwnRequest · ProofMissing · ContactRefused · AlreadyDecided
├── PackageUnreadable · PackageAltered · KeyNotTrusted · ReplyForAnother · ConnectorOff
├── FaceModelsUnusable
├── LoginFailed · CodeNeeded · CodeWrong · LoginLocked · LinkExpired · PasswordWeak
├── KeyMissing · RotationUnfinished · LedgerBroken · StoreOutdated · StoreBusy
├── PoliceError
│   ├── PoliceRequestNeeded · ApprovalsMissing · ApprovedAlready · RequestExpired
│   └── OutsideScope · TooManyQuestions · PoliceOff
├── OpenidRefused · OpenidUnbound · OpenidUnusable
├── TooMany
│   └── QuotaSpent
├── IndexDamaged · IndexBusy · IndexUnusable
└── NotReady
"""

from __future__ import annotations


class TracingError(Exception):
    """Something went wrong. Nothing was lost; try again, or tell the person who runs xunqin."""

    code: str = "internal"
    status: int = 500

    def __init__(self, **facts: str | int | float | None) -> None:
        """Keep `facts` for the message: codes, counts and paths of fields; never personal data."""
        self.facts = facts
        super().__init__(self.advice())

    @classmethod
    def advice(cls) -> str:
        """The docstring: what happened and what to do next, in English."""
        return " ".join((cls.__doc__ or "").split())


class NotSignedIn(TracingError):
    """You are not signed in, or the session has ended. Sign in again; your draft is kept."""

    code = "not_signed_in"
    status = 401


class NotPermitted(TracingError):
    """Your account may not do this. Ask the person in charge of your station."""

    code = "not_permitted"
    status = 403


class PurposeMissing(TracingError):
    """A search outside a case needs purpose, legal basis and reason. Choose them and try again."""

    code = "purpose_missing"
    status = 422


class PurposeForbidden(TracingError):
    """Searches serve tracing and aid only. Use another, lawful way for other purposes."""

    code = "purpose_forbidden"
    status = 403


class NotFound(TracingError):
    """There is nothing here under that number, or it is not yours to see. Check the number."""

    code = "not_found"
    status = 404


class Conflict(TracingError):
    """This is already recorded. Open the existing entry instead."""

    code = "conflict"
    status = 409


class IdempotencyMismatch(TracingError):
    """This idempotency key was used for different content. Send a new key for new content."""

    code = "idempotency_mismatch"
    status = 409


class VersionConflict(TracingError):
    """Somebody changed this record meanwhile. Load it again and repeat your change."""

    code = "version_conflict"
    status = 409


class RecordInvalid(TracingError):
    """The record has a field that cannot be read; its path is named. Correct it and send again."""

    code = "record_invalid"
    status = 422


class CursorInvalid(TracingError):
    """The page marker is damaged or from another list. Start from the first page."""

    code = "cursor_invalid"
    status = 400


class CheckpointInvalid(TracingError):
    """This is no file of checkpoints; the line is named. Give the file that was exported."""

    code = "checkpoint_invalid"
    status = 422


class AuditFileInvalid(TracingError):
    """A line of the exported audit trail cannot be read; its number is named. Take an unchanged
    copy of the file."""

    code = "audit_file_invalid"
    status = 422


class PhotoError(TracingError):
    """The photo could not be used. Take it again or go on without it."""

    code = "photo_error"
    status = 422


class PhotoUnreadable(PhotoError):
    """The picture file is damaged or cut off. Send it again or take another; the form is kept."""

    code = "photo_unreadable"


class PhotoFormatUnknown(PhotoError):
    """This file is not a picture. Choose a JPEG, PNG, WebP or HEIC photo; the form is kept."""

    code = "photo_format_unknown"
    status = 415


class PhotoFormatUnsupported(PhotoError):
    """This picture format is not read yet. Save it as JPEG or PNG and send it again."""

    code = "photo_format_unsupported"
    status = 415


class PhotoTooLarge(PhotoError):
    """The file is too large. Send a smaller photo; the form is kept."""

    code = "photo_too_large"
    status = 413


class PhotoTooManyPixels(PhotoError):
    """The picture has too many pixels to open safely. Send a smaller photo; the form is kept."""

    code = "photo_too_many_pixels"


class PhotoTooSmall(PhotoError):
    """The picture is too small to show a face. Send a larger photo; the form is kept."""

    code = "photo_too_small"


class PhotoTimedOut(PhotoError):
    """Reading the picture took too long and was stopped. Send another photo; the form is kept."""

    code = "photo_timed_out"


class FaceUnknown(PhotoError):
    """There is no face with that number in the photo. Choose one of the boxes shown."""

    code = "face_unknown"


class FileRefused(TracingError):
    """The file was not taken in and nothing was written. Mend what is named and try again."""

    code = "file_refused"
    status = 422


class ImportFinished(TracingError):
    """This import is done or was given up. Send the file again to start another."""

    code = "import_finished"
    status = 409


class GalleryRefused(TracingError):
    """This gallery is not taken over. Ask the police about people in population registers."""

    code = "gallery_refused"
    status = 422


class NoticeRefused(TracingError):
    """No notice may be issued for this person; the reason is named. Ask your person in charge."""

    code = "notice_refused"
    status = 403


class CloneFixed(TracingError):
    """This record belongs to another site and is not edited here. Ask them, or write a new one."""

    code = "clone_fixed"
    status = 409


class FeedsOff(TracingError):
    """Notices leave here only once the own domain is set. Set XUNQIN_EXCHANGE_DOMAIN."""

    code = "feeds_off"
    status = 404


class SoundPackInvalid(TracingError):
    """The sound pack cannot be used; each problem is named. Mend the file and add it again."""

    code = "sound_pack_invalid"
    status = 422


class SoundPackUnknown(TracingError):
    """There is no sound pack of that name. List the packs to see their names."""

    code = "sound_pack_unknown"
    status = 404


class PairsInvalid(TracingError):
    """The sheet of confirmed pairs cannot be read; each problem is named. Mend it and try again."""

    code = "pairs_invalid"
    status = 422


class ModelUnreadable(TracingError):
    """The evidence model that the settings name cannot be read. Name another file, or none."""

    code = "model_unreadable"
    status = 503


class VoiceError(TracingError):
    """The recording could not be used. Record again or go on without it; nothing else is lost."""

    code = "voice_error"
    status = 422


class VoiceFormatUnknown(VoiceError):
    """This file is not a sound recording. Choose a WebM, Ogg, MP4, WAV or MP3 file."""

    code = "voice_format_unknown"
    status = 415


class VoiceTooLarge(VoiceError):
    """The recording is too large. Keep it under a minute and send it again."""

    code = "voice_too_large"
    status = 413


class VoiceTooLong(VoiceError):
    """The recording is longer than a minute. Choose the clearest part and send that."""

    code = "voice_too_long"


class OwnRequest(TracingError):
    """You asked for this or have answered already. Another person has to answer now."""

    code = "own_request"
    status = 403


class ProofMissing(TracingError):
    """The facts do not bear this conclusion yet; what is missing is named. Add it and try again."""

    code = "proof_missing"
    status = 422


class ContactRefused(TracingError):
    """This person does not want their family to be told. Only what they agreed to may be said."""

    code = "contact_refused"
    status = 409


class AlreadyDecided(TracingError):
    """Somebody else was quicker, or this is closed. Load the page again to see how it stands."""

    code = "already_decided"
    status = 409


class LoginFailed(TracingError):
    """Account or password is wrong. Check both and try again."""

    code = "login_failed"
    status = 401


class CodeNeeded(TracingError):
    """This account also needs the six digits of its authenticator. Type them and sign in."""

    code = "code_needed"
    status = 401


class CodeWrong(TracingError):
    """The six digits are wrong or were used before. Wait for the next ones and type those."""

    code = "code_wrong"
    status = 422


class LoginLocked(TracingError):
    """Too many failed attempts. Wait some minutes and try again."""

    code = "login_locked"
    status = 429


class LinkExpired(TracingError):
    """This link was used or has expired. Ask for a new one."""

    code = "link_expired"
    status = 410


class PasswordWeak(TracingError):
    """The password is too short or too common. Use at least 10 characters that nobody guesses."""

    code = "password_weak"
    status = 422


class KeyMissing(TracingError):
    """The master key cannot be read. Put the key file back before starting; nothing was changed."""

    code = "key_missing"
    status = 503


class RotationUnfinished(TracingError):
    """Keys still lie under an old master key, or the new one is only minutes old. Wait and call
    again; `xunqin master status` says what is left."""

    code = "rotation_unfinished"
    status = 409


class LedgerBroken(TracingError):
    """The ledger of erasures was changed. Put back its last copy before starting; nobody erased
    may come back."""

    code = "ledger_broken"
    status = 503


class OpenidRefused(TracingError):
    """This sign-in through the provider does not count: too late, begun elsewhere, or used before.
    Begin again on the sign-in page."""

    code = "openid_refused"
    status = 401


class OpenidUnbound(TracingError):
    """No account is bound to this sign-in. Sign in with your password and bind it on the page
    of your account, or ask your administrator."""

    code = "openid_unbound"
    status = 403


class OpenidUnusable(TracingError):
    """Sign-in through the provider does not work now. Sign in with your password; the person who
    runs xunqin checks the settings and whether the provider answers."""

    code = "openid_unusable"
    status = 503


class TooMany(TracingError):
    """Too many requests in a short time. Wait the seconds that are named and go on."""

    code = "too_many"
    status = 429


class QuotaSpent(TooMany):
    """The questions of this day are used up. Go on tomorrow, or ask for a request with less."""

    code = "quota_spent"


class PoliceError(TracingError):
    """This question of the police cannot be answered. Read what is missing and ask again."""

    code = "police_error"
    status = 403


class PoliceRequestNeeded(PoliceError):
    """At once, only one person who is there now may be asked about, with the incident number.
    For anything else make a request that two others approve."""

    code = "police_request_needed"


class ApprovalsMissing(PoliceError):
    """Two other people have to approve this request before it can be asked. Tell them of it."""

    code = "approvals_missing"


class ApprovedAlready(PoliceError):
    """You have approved this request already. The second approval has to be another person's."""

    code = "approved_already"
    status = 409


class RequestExpired(PoliceError):
    """This request has ended or its last day is over. Make a new one; nothing stays open."""

    code = "request_expired"


class OutsideScope(PoliceError):
    """This lies outside the divisions or sides that were approved. Keep to them, or make a new
    request."""

    code = "outside_scope"


class TooManyQuestions(PoliceError):
    """More was asked than this request allows. Ask less, or make a request of another kind."""

    code = "too_many_questions"


class PoliceOff(PoliceError):
    """The impact assessment for exchange has run out, so questions of the police are off. Tell the
    data protection officer."""

    code = "police_off"


class StoreOutdated(TracingError):
    """The database is not at this version's schema. Run `xunqin migrate` and start again."""

    code = "store_outdated"
    status = 503


class StoreBusy(TracingError):
    """The database is busy. Nothing was written; try again in a moment."""

    code = "store_busy"
    status = 503


class PackageUnreadable(TracingError):
    """This file is no request or reply that can be read. Ask the sender for the file again, or
    type the answer in by hand."""

    code = "package_unreadable"
    status = 422


class PackageAltered(TracingError):
    """This file is not as it was when it was signed. Nothing was taken in; ask the sender for it
    again, by another way."""

    code = "package_altered"
    status = 422


class KeyNotTrusted(TracingError):
    """Nobody here has checked the key that signed this file. Ask the sender by telephone, then
    take it in by hand, or have the key entered."""

    code = "key_not_trusted"
    status = 409


class ReplyForAnother(TracingError):
    """This reply is for another request, or its reply code is wrong. Look up the number on it."""

    code = "reply_for_another"
    status = 409


class ConnectorOff(TracingError):
    """The impact assessment for sending to other systems has run out. Nothing leaves until the
    data protection officer has recorded a new one."""

    code = "connector_off"
    status = 403


class FaceModelsUnusable(TracingError):
    """The face models of the settings cannot be used. Mend what is named and start again."""

    code = "face_models_unusable"
    status = 503


class IndexDamaged(TracingError):
    """The index is damaged and was set aside. It is made anew from the records; nothing is lost."""

    code = "index_damaged"
    status = 503


class IndexBusy(TracingError):
    """Another process is writing the index. Wait until it has finished and try again."""

    code = "index_busy"
    status = 409


class IndexUnusable(TracingError):
    """The engine of the index does not answer or lacks what the settings ask. Check both."""

    code = "index_unusable"
    status = 503


class NotReady(TracingError):
    """The service is still starting. Try again in a moment."""

    code = "not_ready"
    status = 503

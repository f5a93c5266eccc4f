"""What can go wrong, in one tree; a docstring is the advice a person gets.

TracingError
├── NotSignedIn · NotPermitted · PurposeMissing · PurposeForbidden
├── NotFound · Conflict · IdempotencyMismatch · VersionConflict
├── RecordInvalid · CursorInvalid
├── PhotoError
│   ├── PhotoUnreadable · PhotoFormatUnknown · PhotoFormatUnsupported
│   ├── PhotoTooLarge · PhotoTooManyPixels · PhotoTooSmall · PhotoTimedOut
│   └── FaceUnknown
├── SoundPackInvalid · SoundPackUnknown · PairsInvalid
├── VoiceError
│   └── VoiceFormatUnknown · VoiceTooLarge · VoiceTooLong
├── LoginFailed · LoginLocked · LinkExpired · PasswordWeak
├── KeyMissing · StoreOutdated · StoreBusy
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


class LoginFailed(TracingError):
    """Account or password is wrong. Check both and try again."""

    code = "login_failed"
    status = 401


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


class StoreOutdated(TracingError):
    """The database is not at this version's schema. Run `xunqin migrate` and start again."""

    code = "store_outdated"
    status = 503


class StoreBusy(TracingError):
    """The database is busy. Nothing was written; try again in a moment."""

    code = "store_busy"
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

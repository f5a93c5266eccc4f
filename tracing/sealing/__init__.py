"""Keys and seals: what is written to disk about a person can be read only through here."""

from tracing.sealing.cipher import AesGcm, Cipher, CipherMissing, Ciphers, SealBroken, Sm4Gcm
from tracing.sealing.exact import ExactKey, exact_keys, external_key
from tracing.sealing.master import (
    MasterKeys,
    add_key,
    drop_old_keys,
    keys_from_command,
    open_master,
    parse_keys,
)
from tracing.sealing.vault import Vault

__all__ = [
    "AesGcm",
    "Cipher",
    "CipherMissing",
    "Ciphers",
    "ExactKey",
    "MasterKeys",
    "SealBroken",
    "Sm4Gcm",
    "Vault",
    "add_key",
    "drop_old_keys",
    "exact_keys",
    "external_key",
    "keys_from_command",
    "open_master",
    "parse_keys",
]

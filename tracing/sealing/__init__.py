"""Keys and seals: what is written to disk about a person can be read only through here."""

from tracing.sealing.cipher import AesGcm, Cipher, SealBroken
from tracing.sealing.exact import ExactKey, exact_keys, external_key
from tracing.sealing.master import MasterKeys, open_master
from tracing.sealing.vault import Vault

__all__ = [
    "AesGcm",
    "Cipher",
    "ExactKey",
    "MasterKeys",
    "SealBroken",
    "Vault",
    "exact_keys",
    "external_key",
    "open_master",
]

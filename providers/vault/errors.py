"""Errors of encryption at rest. No message contains a value, a key or a part of one."""


class VaultError(Exception):
    """A value cannot be encrypted or decrypted. There is no fallback to plain text."""


class Erased(VaultError):
    """The data key was destroyed, so the value is unreadable in every copy and every backup.

    Templates render empty text where a variable raises this, so the page of an erased applicant still works.
    """

    silent_variable_failure = True

    def __init__(self, detail: str = "This was erased together with the applicant's data key.") -> None:
        super().__init__(detail)

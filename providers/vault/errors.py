"""Why a sealed value could not be opened. No message ever carries a value, a key or a part of one."""


class VaultError(Exception):
    """A value cannot be sealed or opened. There is never a fallback to plain text."""


class Erased(VaultError):
    """The data key was destroyed: the value is gone for good, in every copy and every backup.

    Templates show an empty text where a variable raises this, so the page of an erased applicant still renders.
    """

    silent_variable_failure = True

    def __init__(self, detail: str = "This was erased together with the applicant's data key.") -> None:
        super().__init__(detail)

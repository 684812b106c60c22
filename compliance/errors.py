"""Errors of actions. Each message is a sentence for the person who made the request."""


class ComplianceError(Exception):
    """An action was not carried out."""


class NotAllowed(ComplianceError):
    """Policy or permission forbids it; the message is the sentence that also disables the button."""


class IllegalTransition(ComplianceError):
    """A case cannot go from its status to the requested one."""


class StaleCase(ComplianceError):
    """The case has changed meanwhile. ``winner`` is the name of the person who was first, or empty."""

    def __init__(self, message: str, *, winner: str = "") -> None:
        super().__init__(message)
        self.winner = winner


class StaleEvidence(StaleCase):
    """The evidence has changed since it was on screen; ``changes`` has one sentence each."""

    def __init__(self, message: str, *, changes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.changes = changes


class InvalidInput(ComplianceError):
    """A value cannot be used; ``field`` names the form field it belongs to."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class KnownApplicant(InvalidInput):
    """The external id is known with other declared values. ``case_id`` is the applicant's newest case, or None."""

    def __init__(self, differing: str, *, case_id: int | None) -> None:
        super().__init__(f"This external ID is known with another {differing}.", field="applicant_external_id")
        self.case_id = case_id


class DecoderBusy(ComplianceError):
    """No decoder is free or can be started. The file is not the cause; the message has the reason."""


class StorageError(ComplianceError):
    """The document storage did not store a file; the message is for the sender."""

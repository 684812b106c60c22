"""Forms of the desk: opening a case and mending one. They read and check; the verbs decide."""

import json
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django import forms

from compliance.actions.uploads import FITTING, LONGEST_NOTE
from compliance.errors import InvalidInput
from compliance.evidence.upload_handler import MAX_FILES, MAX_REQUEST_BYTES, MEBIBYTE
from compliance.imports import csv_cases
from compliance.labels import KIND_LABELS, check_kind_label
from compliance.models import ReasonCode
from providers import MAX_FILE_BYTES, MAX_PICTURE_BYTES, EvidenceKind, Kind, provider_class
from providers.models import ProviderAccount

KIND_CHOICES = [(kind.value, check_kind_label(kind)) for kind in Kind]


class DeskForm(forms.Form):
    """Fields that wear the desk's look and name their help and errors to screen readers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            widget = field.widget
            widget.attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
            widget.attrs.setdefault("autocomplete", "off")
            if field.help_text:
                widget.attrs["aria-describedby"] = f"{self._id(name)}_helptext"

    def _id(self, name: str) -> str:
        return str(self.auto_id) % self.add_prefix(name)

    def add_error(self, field: str | None, error: Any) -> None:
        """Name the error to screen readers, too. Not before it is there: to ask for errors is to check the form, and
        a subclass has not said yet what its fields offer."""
        super().add_error(field, error)
        for name in self.errors.keys() & self.fields.keys():
            attrs = self.fields[name].widget.attrs
            described = attrs.get("aria-describedby", "")
            attrs["aria-invalid"] = "true"
            told = f"{self._id(name)}_error"
            attrs["aria-describedby"] = f"{described.removesuffix(told).strip()} {told}".strip()

    def refuse(self, refusal: InvalidInput) -> None:
        """Show what a verb refused below its field, or above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


def _settings_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a check of the chosen account needs, from what was typed."""
    names = provider_class(data["account"].provider).check_settings
    identifier = data.get("user_identifier", "").strip()
    return {next(iter(names)): identifier} if names and identifier else {}


def _identifier_missing(account: ProviderAccount | None, identifier: str) -> str:
    """What to say when the provider reads a check only for a user whom nobody named; empty when all is there."""
    if account is None or identifier.strip() or not provider_class(account.provider).check_settings:
        return ""
    return f"{provider_class(account.provider).label} reads a check only for its user: name the user."


def _account_words(account: ProviderAccount) -> str:
    return f"{account.name} ({provider_class(account.provider).label}, {account.environment})"


class CheckFields(DeskForm):
    """Which check at which provider."""

    account = forms.ModelChoiceField(
        ProviderAccount.objects.none(), label="Provider account", empty_label="Choose an account"
    )
    kind = forms.ChoiceField(choices=[("", "Choose a kind"), *KIND_CHOICES], label="Kind of check")
    reference = forms.CharField(
        max_length=200,
        label="Reference",
        help_text="The provider’s id of the check: order, check, ticket, signature or idv_ id.",
    )
    user_identifier = forms.CharField(
        max_length=255,
        required=False,
        label="User identifier",
        help_text="BTC Direct only: the identifier of the order’s user.",
    )

    field_order: list[str] | None = None

    def __init__(self, *args: Any, environment: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = ProviderAccount.objects.order_by("name")
        field = cast(forms.ModelChoiceField, self.fields["account"])
        field.queryset = accounts.filter(environment=environment) if environment else accounts
        field.label_from_instance = _account_words  # type: ignore[method-assign, assignment]

    def clean(self) -> dict[str, Any]:
        """A kind that the provider has."""
        data = super().clean() or {}
        account, kind = data.get("account"), data.get("kind")
        if account and kind and kind not in provider_class(account.provider).kinds:
            cls = provider_class(account.provider)
            self.add_error("kind", f"{cls.label} has only: {', '.join(cls.kinds)}.")
        if "user_identifier" in data and (problem := _identifier_missing(account, data["user_identifier"])):
            self.add_error("user_identifier", problem)
        return data

    def settings(self) -> dict[str, Any]:
        """Settings of the check."""
        return _settings_of(self.cleaned_data)


class NewCaseForm(CheckFields):
    """A case with its first check."""

    applicant_external_id = forms.CharField(
        max_length=120, label="Applicant’s id", help_text="Your own id of the person."
    )
    full_name = forms.CharField(max_length=300, label="Full name")
    birth_date = forms.DateField(
        required=False, label="Birth date", widget=forms.DateInput(attrs={"type": "date"}), input_formats=["%Y-%m-%d"]
    )
    email = forms.EmailField(required=False, label="E-mail", max_length=254)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        required=False,
        label="Country",
        help_text="Two letters, for instance NG.",
        error_messages={"invalid": "Two letters are expected."},
        widget=forms.TextInput(attrs={"maxlength": "2"}),
    )
    case_reference = forms.CharField(
        max_length=120, required=False, label="Case reference", help_text="Empty means the applicant’s id."
    )
    submitted_at = forms.CharField(
        required=False, label="Submitted at", help_text="When the check began, for instance 2026-01-31T08:15:00Z."
    )
    field_order = [
        "applicant_external_id",
        "full_name",
        "birth_date",
        "email",
        "country",
        "case_reference",
        "account",
        "kind",
        "reference",
        "user_identifier",
        "submitted_at",
    ]

    def clean_birth_date(self) -> Any:
        """A date on which somebody alive may have been born, or None."""
        date = self.cleaned_data["birth_date"]
        try:
            csv_cases.birth_date_of(date.isoformat() if date else "")
        except InvalidInput as refusal:
            raise forms.ValidationError("This date cannot be right.") from refusal
        return date

    def clean_submitted_at(self) -> Any:
        """An aware time, or None."""
        try:
            return csv_cases.submitted_of(self.cleaned_data["submitted_at"])
        except InvalidInput as refusal:
            sentence = str(refusal).partition(": ")[2]
            raise forms.ValidationError(sentence[:1].upper() + sentence[1:]) from refusal


class AddCheckForm(CheckFields):
    """One more check of the case."""


class ReasonField(forms.CharField):
    """Why something is mended; kept in the timeline."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=300, label="Why", help_text="Kept in the timeline; nothing personal.", **kwargs)


class CorrectCheckForm(DeskForm):
    """Reference or settings of a check that was never read."""

    reference = forms.CharField(max_length=200, label="Reference")
    settings = forms.CharField(
        required=False,
        label="Settings",
        help_text="A JSON object, for instance {“user_identifier”: “…”}.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = ReasonField()

    def clean_settings(self) -> dict[str, Any]:
        """A JSON object."""
        try:
            return csv_cases.settings_of(self.cleaned_data["settings"])
        except InvalidInput as refusal:
            raise forms.ValidationError("A JSON object is expected.") from refusal

    def clean(self) -> dict[str, Any]:
        """Something that differs: a correction of nothing would be a line of the timeline without a meaning."""
        data = super().clean() or {}
        if not self.errors and not {"reference", "settings"} & set(self.changed_data):
            raise forms.ValidationError("Nothing is changed.")
        return data

    @staticmethod
    def initial_of(reference: str, settings: dict[str, Any]) -> dict[str, str]:
        """What stands in the form at first."""
        return {"reference": reference, "settings": json.dumps(settings, ensure_ascii=False) if settings else ""}


class ReplaceCheckForm(DeskForm):
    """A new check that takes the place of an old one."""

    account = forms.ModelChoiceField(ProviderAccount.objects.none(), label="Provider account", empty_label=None)
    reference = forms.CharField(max_length=200, label="Reference of the new check")
    user_identifier = forms.CharField(
        max_length=255, required=False, label="User identifier", help_text="BTC Direct only."
    )
    reason = ReasonField()

    def __init__(self, *args: Any, account: ProviderAccount, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = ProviderAccount.objects.filter(environment=account.environment).order_by("name")
        fitting = [row.pk for row in same if kind in provider_class(row.provider).kinds]
        field = cast(forms.ModelChoiceField, self.fields["account"])
        field.queryset = ProviderAccount.objects.filter(pk__in=fitting).order_by("name")
        field.initial = account.pk

    def clean(self) -> dict[str, Any]:
        """A user where the provider asks for one."""
        data = super().clean() or {}
        if "user_identifier" in data and (problem := _identifier_missing(data.get("account"), data["user_identifier"])):
            self.add_error("user_identifier", problem)
        return data

    def settings(self) -> dict[str, Any]:
        """Settings of the check."""
        return _settings_of(self.cleaned_data)


PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
FILE_ENDINGS = (".pdf", ".mp4", ".webm")


def _upload_kind(kind: EvidenceKind) -> tuple[str, str]:
    """A choice by the words with which the file is shown later; "file" alone would be no answer to what it is."""
    return kind.value, "Something else" if kind == EvidenceKind.OTHER else KIND_LABELS[kind]


class SeveralFiles(forms.FileInput):
    """A field for one or several files. What was chosen cannot come back in an answer: browsers allow no such thing."""

    allow_multiple_selected = True


class UploadForm(DeskForm):
    """Pictures and files that a person adds to a case. The files are checked by the verb, each on its own."""

    # Before the files: what comes first is read first, and stays when too much is sent.
    kind = forms.ChoiceField(choices=[("", "Choose a kind"), *map(_upload_kind, FITTING)], label="What it is")
    note = forms.CharField(
        max_length=LONGEST_NOTE,
        label="Why it is added",
        help_text="Where it comes from. Sealed, and shown with the file.",
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": str(LONGEST_NOTE)}),
    )
    file = forms.FileField(
        required=False,
        label="Files",
        help_text=(
            f"JPEG, PNG, WebP up to {MAX_PICTURE_BYTES // MEBIBYTE} MB; PDF, MP4, WebM up to "
            f"{MAX_FILE_BYTES // MEBIBYTE} MB; at most {MAX_FILES} at once. Names are not kept."
        ),
        widget=SeveralFiles(
            attrs={
                "accept": ",".join(PICTURE_ENDINGS + FILE_ENDINGS),
                "required": True,
                # What the page's script tells before megabytes travel: the limits that are held when they have come.
                "data-picture-endings": ",".join(PICTURE_ENDINGS),
                "data-largest-picture": MAX_PICTURE_BYTES,
                "data-largest-file": MAX_FILE_BYTES,
                "data-most-together": MAX_REQUEST_BYTES,
                "data-most-files": MAX_FILES,
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Other forms stand on the same page.
        super().__init__(*args, auto_id="upload_%s", **kwargs)
        self.kept = 0
        """How many files of this sending are on the case now."""
        self.added: list[UUID] = []
        """Which they are."""
        self.refused: list[tuple[str, str]] = []
        """Which are not, by the name that the sender knows, and why. For nobody else's eyes."""


class VoidCaseForm(DeskForm):
    """Closing a case that was opened by mistake."""

    reason = forms.ModelChoiceField(ReasonCode.objects.none(), label="Reason", empty_label="Choose a reason")
    note = forms.CharField(max_length=4000, label="What the mistake was", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["reason"])
        field.queryset = ReasonCode.objects.filter(active=True, verdicts__contains=["void"])

"""Forms: declared data, checks, findings, adding files. They validate input; the actions decide."""

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from compliance.actions.uploads import FITTING, LONGEST_NOTE
from compliance.enums import DecisionVerdict
from compliance.errors import ComplianceError, InvalidInput, KnownApplicant
from compliance.evidence.upload_handler import MAX_FILES, MAX_REQUEST_BYTES, MEBIBYTE
from compliance.facts import countries
from compliance.facts.sources import declared_of
from compliance.imports import values
from compliance.labels import KIND_LABELS, check_kind_label, provider_label
from compliance.models import Applicant, Check, ReasonCode
from compliance.queries.corrections import CORRECTABLE, declared_values, version_of
from providers import MAX_FILE_BYTES, MAX_IMAGE_BYTES, EvidenceKind, Kind, provider_class, provider_names
from providers.models import ProviderAccount
from providers.vault import Undecipherable

Value = TypeVar("Value")

KIND_CHOICES = [(kind.value, check_kind_label(kind)) for kind in Kind]


class DeskForm(forms.Form):
    """Base of all forms: CSS classes, and references to help and errors for screen readers."""

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
        """Adds the error and its reference for screen readers. Not in ``__init__``: reading ``errors`` validates the
        form, before a subclass has set the choices of its fields."""
        super().add_error(field, error)
        for name in self.errors.keys() & self.fields.keys():
            attrs = self.fields[name].widget.attrs
            described = attrs.get("aria-describedby", "")
            attrs["aria-invalid"] = "true"
            error_id = f"{self._id(name)}_error"
            attrs["aria-describedby"] = f"{described.removesuffix(error_id).strip()} {error_id}".strip()

    def offer(self, name: str, rows: QuerySet[Any]) -> forms.ModelChoiceField:
        """Set the rows to choose from."""
        field = cast(forms.ModelChoiceField, self.fields[name])
        field.queryset = rows
        return field

    def add_refusal(self, refusal: ComplianceError) -> None:
        """Add the error of an action to its field, or to the form."""
        field = refusal.field if isinstance(refusal, InvalidInput) else ""
        if isinstance(refusal, KnownApplicant) and refusal.case_id and field in self.fields:
            link = reverse("case", args=[refusal.case_id]), f"Open KYC-{refusal.case_id} of this applicant"
            self.fields[field].link = link  # type: ignore[attr-defined]
        self.add_error(field if field in self.fields else None, str(refusal))


def check_setting_fields() -> dict[str, forms.Field]:
    """One field for each setting that checks of some provider need."""
    return {
        name: forms.CharField(
            max_length=255, required=False, label=setting.label, help_text=f"{cls.label} only: {setting.help}"
        )
        for cls in map(provider_class, provider_names())
        for name, setting in cls.check_settings.items()
    }


class CheckSettingsForm(DeskForm):
    """The settings that a check of the chosen account needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.base_fields = {**self.base_fields, **check_setting_fields()}  # type: ignore[misc]
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """The data with ``settings``: a value for each setting that the provider needs."""
        data = super().clean() or {}
        given = {name: data.pop(name).strip() for name in check_setting_fields() if name in data}
        cls = provider_class(data["account"].provider) if "account" in data else None
        needed = cls.check_settings if cls else {}
        for name, setting in needed.items():
            if cls and given.get(name) == "":
                self.add_error(name, f"{cls.label} requires a {setting.label.lower()}.")
        return data | {"settings": {name: given[name] for name in needed if given.get(name)}}


def _account_label(account: ProviderAccount) -> str:
    return f"{account.name} ({provider_label(account.provider)}, {account.environment})"


class AccountSelect(forms.Select):
    """Each option names the kinds and settings of its checks: check-form.js offers only these."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if account := getattr(value, "instance", None):
            cls = provider_class(account.provider)
            option["attrs"] |= {"data-kinds": " ".join(cls.kinds), "data-settings": " ".join(cls.check_settings)}
        return option


class CheckForm(CheckSettingsForm):
    """A check at a provider."""

    account = forms.ModelChoiceField(
        ProviderAccount.objects.none(),
        label="Provider account",
        empty_label="Choose an account",
        widget=AccountSelect,
    )
    kind = forms.ChoiceField(choices=[("", "Choose a kind"), *KIND_CHOICES], label="Kind of check")
    reference = forms.CharField(
        max_length=200,
        label="Reference",
        help_text="ID of the check at the provider: order, check, ticket, signature or idv_ ID.",
    )

    field_order: list[str] | None = None

    def __init__(self, *args: Any, environment: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = ProviderAccount.objects.order_by("name")
        field = self.offer("account", accounts.filter(environment=environment) if environment else accounts)
        field.label_from_instance = _account_label  # type: ignore[method-assign, assignment]

    def clean(self) -> dict[str, Any]:
        """Kind and user identifier fit the provider."""
        data = super().clean() or {}
        account, kind = data.get("account"), data.get("kind")
        if account and kind and kind not in provider_class(account.provider).kinds:
            cls = provider_class(account.provider)
            self.add_error("kind", f"{cls.label} has only: {', '.join(cls.kinds)}.")
        return data


class DeclaredForm(DeskForm):
    """What is declared about an applicant."""

    full_name = forms.CharField(max_length=300, label="Full name")
    birth_date = forms.DateField(
        required=False, label="Birth date", widget=forms.DateInput(attrs={"type": "date"}), input_formats=["%Y-%m-%d"]
    )
    email = forms.EmailField(required=False, label="E-mail", max_length=254)
    country = forms.CharField(
        required=False,
        max_length=100,
        label="Country",
        help_text="Name or two letters, for example Nigeria or NG.",
        widget=forms.TextInput(attrs={"list": "country-names"}),
    )
    country_names = staticmethod(countries.names)

    def clean_birth_date(self) -> Any:
        """A plausible date, or None."""
        date = self.cleaned_data["birth_date"]
        try:
            values.birth_date_of(date.isoformat() if date else "")
        except InvalidInput as refusal:
            raise forms.ValidationError("This date is not plausible.") from refusal
        return date

    def clean_full_name(self) -> str:
        return as_imported(values.name_of, self.cleaned_data["full_name"])

    def clean_country(self) -> str:
        """The code of a country that was entered as code or name."""
        text = self.cleaned_data["country"]
        is_name = len(text) > 3
        code = countries.code_of_name(text) if is_name else text
        if text and not re.fullmatch("[A-Za-z]{2}", code):
            raise forms.ValidationError("Choose a country from the list." if is_name else "Enter two letters.")
        return as_imported(values.country_of, code)


def as_imported(check: Callable[[str], Value], text: str) -> Value:
    """The value as an import takes it."""
    try:
        return check(text)
    except InvalidInput as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


NOT_DECRYPTED = "The stored value cannot be decrypted. Tell an admin, or enter it again."


def reason_field() -> forms.CharField:
    help_text = "Shown in the timeline. Do not enter personal data."
    return forms.CharField(max_length=300, label="Reason", help_text=help_text)


class CorrectDataForm(DeclaredForm):
    """What is declared about an applicant, with a reason for the change."""

    document_number = forms.CharField(max_length=60, required=False, label="Document number")
    seen = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reason = reason_field()
    field_order = ("full_name", "birth_date", "document_number", "email", "country", "reason")

    def __init__(self, *args: Any, applicant: Applicant, **kwargs: Any) -> None:
        initial = declared_values(applicant) | {"seen": version_of(applicant)}
        super().__init__(*args, auto_id="data_%s", initial=initial, **kwargs)
        for name, value in declared_of(applicant).items():
            if value is None:
                self.fields[name].help_text = NOT_DECRYPTED

    def clean(self) -> dict[str, Any]:
        """The data as ``actions.corrections.correct_data`` takes them."""
        data = super().clean() or {}
        born = data.get("birth_date")
        given = {name: str(data.get(name) or "") for name in CORRECTABLE}
        given |= {"birth_date": born.isoformat() if born else "", "country": given["country"].upper()}
        return {"values": given, "seen": data.get("seen", ""), "reason": data.get("reason", "")}


class CorrectCheckForm(DeskForm):
    """Reference or settings of a check that was never fetched."""

    reference = forms.CharField(max_length=200, label="Reference")
    settings = forms.CharField(
        required=False,
        label="Settings",
        help_text="A JSON object, for example {“user_identifier”: “…”}.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = reason_field()

    def clean_settings(self) -> dict[str, Any]:
        try:
            return values.settings_of(self.cleaned_data["settings"])
        except InvalidInput as refusal:
            raise forms.ValidationError("Enter a JSON object.") from refusal

    def __init__(self, *args: Any, check: Check, **kwargs: Any) -> None:
        settings = json.dumps(check.settings, ensure_ascii=False) if check.settings else ""
        super().__init__(*args, initial={"reference": check.reference, "settings": settings}, **kwargs)
        if isinstance(check.settings, Undecipherable):
            self.fields["settings"].help_text = NOT_DECRYPTED

    def clean(self) -> dict[str, Any]:
        """Refuses a form without changes, which would add an event without a meaning."""
        data = super().clean() or {}
        if not self.errors and not {"reference", "settings"} & set(self.changed_data):
            raise forms.ValidationError("Nothing was changed.")
        return data


class ReplaceCheckForm(CheckSettingsForm):
    account = forms.ModelChoiceField(ProviderAccount.objects.none(), label="Provider account", empty_label=None)
    reference = forms.CharField(max_length=200, label="Reference of the new check")
    reason = reason_field()

    field_order = ("account", "reference", *check_setting_fields(), "reason")

    def __init__(self, *args: Any, account: ProviderAccount, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = ProviderAccount.objects.filter(environment=account.environment).order_by("name")
        matching = [row.pk for row in same if kind in provider_class(row.provider).kinds]
        self.offer("account", ProviderAccount.objects.filter(pk__in=matching).order_by("name")).initial = account.pk


IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".avif")
FILE_ENDINGS = (".pdf", ".mp4", ".webm")
UPLOAD_KINDS = [(kind.value, "Something else" if kind == EvidenceKind.OTHER else KIND_LABELS[kind]) for kind in FITTING]


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class UploadForm(DeskForm):
    """Images and files that a user adds to a case. The action validates each file separately."""

    # Before the files, so that these fields are parsed even when the request is too large.
    kind = forms.ChoiceField(choices=[("", "Choose a kind"), *UPLOAD_KINDS], label="Kind of file")
    note = forms.CharField(
        max_length=LONGEST_NOTE,
        label="Note",
        help_text="Source of the file. Stored encrypted.",
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": str(LONGEST_NOTE)}),
    )
    file = forms.FileField(
        required=False,
        label="Files",
        help_text=(
            f"JPEG, PNG, WebP, AVIF up to {MAX_IMAGE_BYTES // MEBIBYTE} MB; PDF, MP4, WebM up to "
            f"{MAX_FILE_BYTES // MEBIBYTE} MB; at most {MAX_FILES} at once. File names are not stored."
        ),
        widget=SeveralFiles(
            attrs={
                "accept": ",".join(IMAGE_ENDINGS + FILE_ENDINGS),
                "required": True,
                # The script checks the limits before the upload; the server enforces them.
                "data-picture-endings": ",".join(IMAGE_ENDINGS),
                "data-largest-picture": MAX_IMAGE_BYTES,
                "data-largest-file": MAX_FILE_BYTES,
                "data-most-together": MAX_REQUEST_BYTES,
                "data-most-files": MAX_FILES,
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The page has other forms.
        super().__init__(*args, auto_id="upload_%s", **kwargs)
        self.added: list[UUID] = []
        """Documents that were added."""
        self.refused: list[tuple[str, str]] = []
        """File name and error of each file that was not added. Shown to the uploader only."""


def note_field() -> forms.CharField:
    return forms.CharField(max_length=4000, label="Note", widget=forms.Textarea(attrs={"rows": 3}))


class ReasonForm(DeskForm):
    """A reason of one verdict, and a note."""

    verdict: ClassVar[DecisionVerdict]
    reason = forms.ModelChoiceField(ReasonCode.objects.none(), label="Reason", empty_label="Choose a reason")
    note = note_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("reason", self.reasons())

    @classmethod
    def reasons(cls) -> QuerySet[ReasonCode]:
        """The reasons to choose from."""
        return ReasonCode.objects.filter(active=True, verdicts__contains=[cls.verdict])

    def clean_reason(self) -> str:
        return self.cleaned_data["reason"].pk


class VoidCaseForm(ReasonForm):
    verdict = DecisionVerdict.VOID


class AgreeToFindingForm(DeskForm):
    note = note_field()


class ResolveFindingForm(ReasonForm):
    verdict = DecisionVerdict.APPROVE

    @classmethod
    def reasons(cls) -> QuerySet[ReasonCode]:
        return super().reasons().filter(for_overrides=True)

"""The form of an account: one per provider, with its own credentials and settings. Secrets are write-only."""

import json
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.conf import settings as django_settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from providers import Provider, Setting, provider_class
from providers.accounts import validation
from providers.models import ProviderAccount
from providers.vault import Undecipherable

ENVIRONMENT_LABELS = (("live", "Live"), ("sandbox", "Sandbox"), ("simulator", "Simulator"))
CREDENTIAL = "credential_"
REMOVAL = "remove_"
SETTING = "setting_"


class ListField(forms.CharField):
    """A list that is edited as text."""

    separator = ", "

    def split(self, text: str) -> list[str]:
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        """The list as text; submitted text is returned unchanged."""
        return self.separator.join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return list(value) if isinstance(value, list | tuple) else self.split(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lists differ: empty text equals an empty list."""
        return list(initial or []) != self.to_python(data)


class HostsField(ListField):
    """Host names, one a line or separated by commas; returned in lower case, without duplicates."""

    widget = forms.Textarea(attrs={"rows": 3})
    separator = "\n"

    def split(self, text: str) -> list[str]:
        return list(dict.fromkeys(text.replace(",", " ").lower().split()))


class WordsField(ListField):
    """Words separated by commas, without blanks around them."""

    def split(self, text: str) -> list[str]:
        return [word.strip() for word in text.split(",") if word.strip()]


class AccountForm(forms.ModelForm):
    """Fields of every account. ``account_form(provider)`` adds the provider's own."""

    provider_name: ClassVar[str] = ""
    why_not_move: ClassVar[str] = ""
    """Why the environment cannot change; empty if it can."""

    environment = forms.ChoiceField(choices=ENVIRONMENT_LABELS)
    base_url = forms.CharField(
        label="Base URL",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false"}),
    )
    rate_per_second = forms.FloatField(
        label="Calls per second", min_value=0.01, max_value=1000, initial=5.0, help_text="For all workers together."
    )
    concurrency = forms.IntegerField(label="Parallel calls", min_value=1, max_value=256, initial=8)
    poll_interval_seconds = forms.IntegerField(
        label="Seconds between reads", min_value=1, max_value=604800, required=False
    )
    evidence_hosts = HostsField(
        required=False, help_text="Further hosts that links to images and files may use, one a line."
    )

    class Meta:
        model = ProviderAccount
        fields = (
            "name",
            "environment",
            "base_url",
            "rate_per_second",
            "concurrency",
            "poll_interval_seconds",
            "evidence_hosts",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = provider_class(self.provider_name)
        if self.instance._state.adding:
            self.instance.provider = self.provider_name
        defaults = {environment: _default_url(provider, environment) for environment in validation.ENVIRONMENTS}
        self.fields["base_url"].help_text = _hosts_help(self.provider_name)
        self.fields["base_url"].widget.attrs["data-base-urls"] = json.dumps(defaults)
        self.fields["poll_interval_seconds"].help_text = f"Empty: {provider.poll_seconds}, as this provider suggests."
        if self.why_not_move:
            self.fields["environment"].disabled, self.fields["environment"].help_text = True, self.why_not_move
        for name, default in provider.default_settings().items():
            self.fields[SETTING + name].initial = self.instance.settings.get(name, default)
        for name in validation.credential_names(self.provider_name):
            self.fields[CREDENTIAL + name].help_text = self._stored(name)

    def _stored(self, name: str) -> str:
        if isinstance(self.instance.credentials, Undecipherable):
            return "The stored value cannot be decrypted. Enter it again."
        if name not in self.instance.credentials:
            return "Not set."
        shown = self.instance.credential_fingerprints.get(name, "unknown")
        at = self.instance.credentials_changed_at
        who = f", {self.instance.credentials_changed_by}, {at:%d %b %Y %H:%M} UTC" if at else ""
        return f"Stored: fingerprint {shown}{who}. Blank keeps it."

    def given_credentials(self) -> dict[str, str | None]:
        """The credentials that were entered, without blank ones, and None for each to be removed."""
        names = validation.credential_names(self.provider_name)
        found: dict[str, str | None] = {name: None for name in names if self.cleaned_data.get(REMOVAL + name)}
        return found | {name: value for name in names if (value := self.cleaned_data.get(CREDENTIAL + name))}

    def given_settings(self) -> dict[str, Any]:
        """Every setting of the provider, in its stored form."""
        names = provider_class(self.provider_name).account_settings
        return {name: self.cleaned_data.get(SETTING + name) for name in names if SETTING + name in self.cleaned_data}

    def clean(self) -> dict[str, Any]:
        """Apply the rules of the action and attach each error to its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        typed = str(cleaned.get("base_url") or "").strip().rstrip("/")
        environment = str(cleaned.get("environment") or "")
        cleaned["base_url"] = typed or _default_url(provider_class(self.provider_name), environment)
        for name, sentence in self._problems(cleaned).items():
            self.add_error(self._field_of(name), sentence)
        return cleaned

    def _problems(self, cleaned: dict[str, Any]) -> dict[str, str]:
        stored = self.instance
        draft = validation.Draft(
            name=str(cleaned.get("name") or ""),
            provider=self.provider_name,
            environment=str(cleaned.get("environment") or ""),
            base_url=cleaned["base_url"],
            credentials={},
            settings=self.given_settings(),
            evidence_hosts=cleaned.get("evidence_hosts") or [],
        )
        stays = stored._state.adding or not validation.signs_in_elsewhere(stored, draft)
        secrets = stored.credentials if stays and not stored._state.adding else {}
        merged = validation.merged_credentials(self.provider_name, secrets, self.given_credentials())
        draft = replace(draft, credentials=merged)
        found = validation.problems(draft, extra_hosts=frozenset(django_settings.PROVIDER_EXTRA_HOSTS))
        if not stays and not any(self.given_credentials().values()):
            found["credentials"] = validation.GIVEN_FOR_ANOTHER
        # A field with an error of Django's needs no second one.
        return {name: sentence for name, sentence in found.items() if self._field_of(name) not in self.errors}

    def _field_of(self, name: str) -> str | None:
        kind, _, part = name.partition(".")
        if kind == "credentials":
            # An error about all credentials is attached to the first.
            field = CREDENTIAL + (part or validation.credential_names(self.provider_name)[0])
        else:
            field = SETTING + part if part else kind
        return field if field in self.fields else None


def account_form(provider: str, *, why_not_move: str = "") -> type[AccountForm]:
    """The form class of that provider; ``why_not_move`` disables the choice of its environment.

    Raises: ``KeyError`` for a name that is not registered.
    """
    fields: dict[str, Any] = {"provider_name": provider, "why_not_move": why_not_move}
    for name in validation.credential_names(provider):
        fields[CREDENTIAL + name] = forms.CharField(
            label=validation.credential_label(name),
            required=False,
            strip=False,
            max_length=validation.MAX_SECRET,
            widget=forms.PasswordInput(
                render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false", "class": "vTextField"}
            ),
        )
    for name in validation.removable_credentials(provider):
        label = f"Remove the stored {validation.credential_label(name)}"
        fields[REMOVAL + name] = forms.BooleanField(label=label, required=False)
    for name, setting in provider_class(provider).account_settings.items():
        fields[SETTING + name] = _setting_field(setting)
    return type("AccountForm", (AccountForm,), fields)


def credential_fields(provider: str, account: ProviderAccount | None = None) -> tuple[str, ...]:
    """Names of the form's fields for credentials, each with the one that removes what the account has stored."""
    stored = account.credentials if account else {}
    known = () if isinstance(stored, Undecipherable) else validation.removable_credentials(provider)
    names = validation.credential_names(provider)
    kinds = ((CREDENTIAL, REMOVAL) if name in known and name in stored else (CREDENTIAL,) for name in names)
    return tuple(kind + name for name, of_name in zip(names, kinds, strict=True) for kind in of_name)


def setting_fields(provider: str) -> tuple[str, ...]:
    """Names of the form's fields for settings."""
    return tuple(SETTING + name for name in provider_class(provider).account_settings)


def _setting_field(setting: Setting) -> forms.Field:
    default = setting.default
    common: dict[str, Any] = {"label": setting.label, "help_text": setting.help, "required": False}
    if isinstance(default, bool):
        return forms.BooleanField(**common)
    if isinstance(default, int | float):
        return forms.FloatField(min_value=setting.low, max_value=setting.high, **{**common, "required": True})
    if isinstance(default, list | tuple):
        return WordsField(**common)
    if setting.choices:
        return forms.ChoiceField(choices=setting.choices, **common)
    return forms.CharField(max_length=500, **common)


def _default_url(provider: type[Provider], environment: str) -> str:
    """The base URL of an account whose form has none; empty where the provider has no official host."""
    if environment == "simulator":
        return str(django_settings.SIMULATOR_URL)
    return provider.base_url(environment)


def _hosts_help(provider: str) -> SafeString:
    official = provider_class(provider).official_hosts
    lines = format_html_join(
        "; ", "{}: {}", ((environment, ", ".join(hosts)) for environment, hosts in official.items())
    )
    return format_html(
        "Scheme and host; empty for the first official host of the environment. Official: {}. Others only where "
        "PROVIDER_EXTRA_HOSTS names them.",
        lines,
    )

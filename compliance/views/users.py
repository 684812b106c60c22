"""Sign-in, sign-out and display preferences."""

from typing import Any

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from compliance import audit
from compliance.actions import users as user_actions
from compliance.enums import DeskEventType, Environment
from compliance.models import Theme
from compliance.project.client_ip import client_address
from compliance.queries.counts import tab_counts
from compliance.queries.environments import environment_of
from compliance.roles import APPROVE_OVERRIDE
from compliance.views.htmx import go_to, wants_fragment
from compliance.views.page_context import person

SWITCHES = ("single_keys", "claims_next")


class SignIn(auth_views.LoginView):
    """Django's view; redirects users who are signed in already."""

    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """The queue; for managers the overrides that wait for them; the admin for users who may not see applicants."""
        user = person(self.request)
        if user.has_perm(APPROVE_OVERRIDE):
            counts = tab_counts(person_id=user.person_id, environment=environment_of(user))
            return reverse("queue", args=["approvals"]) if counts["approvals"] else reverse("queue")
        return reverse("admin:index" if user.is_staff and not user.has_perm("compliance.review_case") else "queue")

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        audit.record_desk(DeskEventType.SIGNED_IN, by=person(self.request))
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Record the refusal, without the user name: it may be a password in the wrong field."""
        audit.record_desk(DeskEventType.SIGN_IN_REFUSED, by=None, address=client_address(self.request))
        return super().form_invalid(form)


class SignOut(auth_views.LogoutView):
    """Ends the session and clears the browser's cache and storage."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Set the theme, the environment of the lists, or a preference that is on or off."""
    user = person(request)
    switch = next((name for name in SWITCHES if request.POST.get(name) in ("on", "off")), None)
    if (environment := request.POST.get("environment")) in Environment.values:
        user_actions.set_preferences(user, environment=str(environment))
        return go_to(request, "queue")
    if (theme := request.POST.get("theme")) in Theme.values:
        user_actions.set_preferences(user, theme=str(theme))
        fragment = "components/_theme_switch.html"
    elif switch:
        user_actions.set_preferences(user, **{switch: request.POST[switch] == "on"})
        fragment = f"components/_{switch}.html"
    else:
        return HttpResponseBadRequest("Unknown preference.")
    if wants_fragment(request):
        return render(request, fragment)
    came_from = request.headers.get("Referer", "")
    same_host = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    return redirect(came_from if same_host else resolve_url("queue"))

"""URLs."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.urls import path, re_path
from django.views.generic import RedirectView

from compliance.views import (
    access_log,
    case,
    case_imports,
    corrections,
    decisions,
    documents,
    errors,
    escalations,
    front_page,
    health,
    new_case,
    payloads,
    peek,
    queue,
    search,
    uploads,
    users,
)

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

urlpatterns = [
    path("", front_page.front_page, name="queue"),
    path("queue/<slug:tab>/", queue.queue, name="queue"),
    path("claim-next/", queue.claim_next, name="claim-next"),
    path("search/", search.search_page, name="search"),
    path("search/suggestions/", search.suggestions, name="search-suggestions"),
    path("case/new/", new_case.open_case, name="case-new"),
    path("case/import/", case_imports.upload, name="case-import"),
    path("case/import/<uuid:import_id>/", case_imports.uploaded, name="case-import-file"),
    path("case/<int:number>/", case.detail, name="case"),
    path("case/<int:number>/live/", case.live, name="case-live"),
    path("case/<int:number>/peek/", peek.peek, name="case-peek"),
    path("case/<int:number>/seen/", case.seen, name="case-seen"),
    path("case/<int:number>/claim/", case.claim, name="case-claim"),
    path("case/<int:number>/release/", case.release, name="case-release"),
    path("case/<int:number>/decide/", decisions.decide, name="case-decide"),
    path("case/<int:number>/reveal/<slug:slug>/", case.reveal, name="case-reveal-fact"),
    path("case/<int:number>/views/", access_log.views, name="case-views"),
    path("case/<int:number>/add-check/", corrections.add_check, name="case-add-check"),
    path("case/<int:number>/correct-data/", corrections.correct_data, name="case-correct-data"),
    path("case/<int:number>/add-document/", uploads.add_document, name="case-add-document"),
    path("case/<int:number>/close/", corrections.void_case, name="case-void"),
    path("case/<int:number>/escalation/answer/", escalations.answer, name="escalation-answer"),
    path("case/<int:number>/escalation/withdraw/", escalations.withdraw, name="escalation-withdraw"),
    path("finding/<uuid:finding_id>/agree/", corrections.agree_to_finding, name="finding-agree"),
    path("finding/<uuid:finding_id>/resolve/", corrections.resolve_finding, name="finding-resolve"),
    path("proposal/<uuid:proposal_id>/approve/", decisions.approve, name="proposal-approve"),
    path("proposal/<uuid:proposal_id>/deny/", decisions.deny, name="proposal-deny"),
    path("proposal/<uuid:proposal_id>/withdraw/", decisions.withdraw, name="proposal-withdraw"),
    path("check/<uuid:check_id>/refresh/", case.refresh, name="check-refresh"),
    path("check/<uuid:check_id>/payload/", payloads.payload, name="check-payload"),
    path("check/<uuid:check_id>/payload/download/", payloads.download, name="check-payload-download"),
    path("check/<uuid:check_id>/correct/", corrections.correct_check, name="check-correct"),
    path("check/<uuid:check_id>/replace/", corrections.replace_check, name="check-replace"),
    path("check/<uuid:check_id>/images/request/", corrections.request_images, name="check-request-images"),
    path("document/<uuid:document_id>/image/<slug:size>/", documents.image, name="document-image"),
    path("document/<uuid:document_id>/original/", documents.original, name="document-original"),
    path("document/<uuid:document_id>/video/", documents.video, name="document-video"),
    path("document/<uuid:document_id>/withdraw/", uploads.remove_document, name="document-withdraw"),
    path("document/<uuid:document_id>/retry/", documents.retry, name="document-retry"),
    path("me/", users.preferences, name="preferences"),
    path("sign-in/", users.SignIn.as_view(), name="sign-in"),
    path("sign-out/", users.SignOut.as_view(), name="sign-out"),
    path("live", health.live, name="live"),
    path("ready", health.ready, name="ready"),
    path("progress", health.progress, name="progress"),
    # The sign-in page of the admin has neither our lock-out message nor our styles.
    path("admin/login/", login_not_required(RedirectView.as_view(pattern_name="sign-in", query_string=True))),
    # Rows have no page outside the admin, and Django's view fails on keys that are not UUIDs.
    re_path(r"^admin/r/", errors.page_not_found, {"exception": Http404()}),
    path("admin/", admin.site.urls),
]

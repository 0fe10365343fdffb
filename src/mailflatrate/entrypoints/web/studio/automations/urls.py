"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.automations import (
    builder,
    creation,
    listing,
    messages,
    overview,
    people,
    rehearsal,
    release,
)

ONE = "<int:automation_id>/"

urlpatterns: list[URLPattern] = [
    path("", listing.automations, name="automations"),
    path("new/", creation.new, name="automation_new"),
    path(ONE, overview.overview, name="automation"),
    path(f"{ONE}pause/", overview.pause, name="automation_pause"),
    path(f"{ONE}resume/", overview.resume, name="automation_resume"),
    path(f"{ONE}end/", overview.end, name="automation_end"),
    path(f"{ONE}people/", people.people, name="automation_people"),
    path(f"{ONE}messages/", messages.messages, name="automation_messages"),
    path(f"{ONE}messages/review/", messages.ask_review, name="automation_draft_review"),
    path(f"{ONE}test/", rehearsal.rehearsal, name="automation_test"),
    path(f"{ONE}release/", release.activation, name="automation_release"),
    path(f"{ONE}release/ask/", release.ask, name="automation_ask"),
    path(f"{ONE}release/return/", release.send_back, name="automation_return"),
    path(f"{ONE}release/take-back/", release.take_back, name="automation_take_back"),
    path(f"{ONE}rename/", listing.rename, name="automation_rename"),
    path(f"{ONE}copy/", listing.copy, name="automation_copy"),
    path(f"{ONE}delete/", listing.delete, name="automation_delete"),
    path(f"{ONE}discard/", listing.discard, name="automation_discard"),
    path(f"{ONE}flow/", builder.flow, name="automation_flow"),
    path(f"{ONE}flow/edit/", builder.edit, name="automation_edit"),
    path(f"{ONE}flow/side/<str:key>/", builder.side, name="automation_side"),
]

"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.automations import builder, creation, listing

ONE = "<int:automation_id>/"

urlpatterns: list[URLPattern] = [
    path("", listing.automations, name="automations"),
    path("new/", creation.new, name="automation_new"),
    path(f"{ONE}rename/", listing.rename, name="automation_rename"),
    path(f"{ONE}copy/", listing.copy, name="automation_copy"),
    path(f"{ONE}delete/", listing.delete, name="automation_delete"),
    path(f"{ONE}discard/", listing.discard, name="automation_discard"),
    path(f"{ONE}flow/", builder.flow, name="automation_flow"),
    path(f"{ONE}flow/edit/", builder.edit, name="automation_edit"),
    path(f"{ONE}flow/side/<str:key>/", builder.side, name="automation_side"),
]

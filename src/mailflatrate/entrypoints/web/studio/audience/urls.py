"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.audience import (
    contact,
    contacts,
    data_requests,
    exports,
    fields,
    imports,
    inactive,
    lists,
    origins,
    segments,
    suppressions,
)

LIST, CONTACT = "lists/<int:list_id>/", "contacts/<int:contact_id>/"
FIELD = "fields/<int:field_id>/"
SEGMENT, IMPORT = "segments/<int:segment_id>/", "imports/<int:import_id>/"
EXPORT = "exports/<int:export_id>/"

urlpatterns: list[URLPattern] = [
    path("lists/", lists.lists, name="lists"),
    path("lists/new/", lists.new, name="list-new"),
    path(LIST, lists.one, name="list"),
    path(f"{LIST}edit/", lists.edit, name="list-edit"),
    path(f"{LIST}origin/", origins.declare, name="list-origin"),
    path(f"{LIST}origins/<int:origin_id>/picture", origins.picture, name="list-origin-picture"),
    path(f"{LIST}archive/", lists.archive, name="list-archive"),
    path(f"{LIST}unarchive/", lists.unarchive, name="list-unarchive"),
    path("contacts/", contacts.contacts, name="contacts"),
    path(CONTACT, contact.one, name="contact"),
    path(f"{CONTACT}edit/", contact.edit, name="contact-edit"),
    path(f"{CONTACT}unsubscribe/", contact.unsubscribe, name="contact-unsubscribe"),
    path(f"{CONTACT}data/", data_requests.data, name="contact-data"),
    path(f"{CONTACT}erase/", data_requests.erase, name="contact-erase"),
    path("requests/", data_requests.asked, name="requests"),
    path(f"{CONTACT}proof/<int:list_id>/", data_requests.proof, name="contact-proof"),
    path("inactive/", inactive.inactive_contacts, name="inactive"),
    path("inactive/<int:campaign_id>/sunset/", inactive.sunset, name="inactive-sunset"),
    path("inactive/ask/", inactive.ask_again, name="inactive-ask"),
    path("segments/", segments.index, name="segments"),
    path("segments/new/", segments.edit, name="segment-new"),
    path("segments/rows/", segments.rows, name="segment-rows"),
    path(SEGMENT, segments.edit, name="segment"),
    path(f"{SEGMENT}count/", segments.count, name="segment-count"),
    path(f"{SEGMENT}delete/", segments.delete, name="segment-delete"),
    path("fields/", fields.index, name="fields"),
    path("fields/new/", fields.new, name="field-new"),
    path(FIELD, fields.edit, name="field"),
    path(f"{FIELD}move/", fields.move, name="field-move"),
    path(f"{FIELD}archive/", fields.archive, name="field-archive"),
    path(f"{FIELD}restore/", fields.restore, name="field-restore"),
    path("suppressions/", suppressions.suppressions, name="suppressions"),
    path("suppressions/look-up/", suppressions.look_up, name="suppression-look-up"),
    path("suppressions/add/", suppressions.add, name="suppression-add"),
    path("imports/", imports.history, name="imports"),
    path("imports/new/", imports.new, name="import-new"),
    path(IMPORT, imports.one, name="import"),
    path(f"{IMPORT}columns/", imports.columns, name="import-columns"),
    path(f"{IMPORT}start/", imports.start, name="import-start"),
    path(f"{IMPORT}cancel/", imports.cancel, name="import-cancel"),
    path(f"{IMPORT}progress/", imports.progress, name="import-progress"),
    path(f"{IMPORT}refused.csv", imports.refused, name="import-refused"),
    path("exports/", exports.exports, name="exports"),
    path("exports/rows/", exports.rows, name="exports-rows"),
    path("exports/new/", exports.new, name="export-new"),
    path(f"{EXPORT}cancel/", exports.cancel, name="export-cancel"),
    path(f"{EXPORT}delete/", exports.delete, name="export-delete"),
    path(f"{EXPORT}file", exports.file, name="export-file"),
]

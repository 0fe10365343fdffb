"""Addresses of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.campaigns import (
    comments,
    compose,
    listing,
    outcomes,
    preview,
    release,
    report,
    second,
    variants,
    versions,
)

ONE = "<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path("", listing.campaigns, name="campaigns"),
    path("new/", listing.new, name="campaign-new"),
    path(ONE, report.overview, name="campaign"),
    path(f"{ONE}copy/", listing.copy, name="campaign-copy"),
    path(f"{ONE}delete/", listing.delete, name="campaign-delete"),
    path(f"{ONE}edit/", compose.edit, name="campaign-edit"),
    path(f"{ONE}edit/audience/", compose.audience, name="campaign-audience"),
    path(f"{ONE}edit/preview/", preview.preview, name="campaign-preview"),
    path(f"{ONE}edit/policy/", release.tick, name="campaign-policy"),
    path(f"{ONE}edit/test/", release.test, name="campaign-test"),
    path(f"{ONE}edit/pulse/", versions.pulse, name="campaign-pulse"),
    path(f"{ONE}versions/", versions.index, name="campaign-versions"),
    path(f"{ONE}versions/<int:version_id>/", versions.compare, name="campaign-version"),
    path(f"{ONE}versions/<int:version_id>/letter/", versions.letter, name="campaign-version-letter"),
    path(f"{ONE}versions/<int:version_id>/take/", versions.take, name="campaign-version-take"),
    path(f"{ONE}versions/<int:version_id>/forget/", versions.forget, name="campaign-version-forget"),
    path(f"{ONE}edit/waves/", release.waves, name="campaign-waves"),
    path(f"{ONE}release/", release.release, name="campaign-release"),
    path(f"{ONE}ask/", second.ask, name="campaign-ask"),
    path(f"{ONE}second/", second.look, name="campaign-second"),
    path(f"{ONE}second/back/", second.back, name="campaign-second-back"),
    path(f"{ONE}comments/", comments.comments, name="campaign-comments"),
    path(f"{ONE}comments/<int:comment_id>/settle/", comments.settle, name="campaign-comment-settle"),
    path(f"{ONE}comments/<int:comment_id>/delete/", comments.take_back, name="campaign-comment-delete"),
    path(f"{ONE}take-back/", release.take_back, name="campaign-take-back"),
    path(f"{ONE}progress/", report.progress, name="campaign-progress"),
    path(f"{ONE}pause/", report.pause, name="campaign-pause"),
    path(f"{ONE}resume/", report.resume, name="campaign-resume"),
    path(f"{ONE}choose/", variants.choose, name="campaign-choose"),
    path(f"{ONE}speed/", report.speed, name="campaign-speed"),
    path(f"{ONE}cancel/", report.cancel, name="campaign-cancel"),
    path(f"{ONE}recipients/", outcomes.outcomes, name="campaign-recipients"),
    path(f"{ONE}recipients.csv", outcomes.export, name="campaign-export"),
    path(f"{ONE}recipients/<int:delivery_id>/", outcomes.attempts, name="campaign-attempts"),
    path(f"{ONE}clicks/", report.clicks, name="campaign-clicks"),
    path(f"{ONE}decision/", report.decision, name="campaign-decision"),
    path(f"{ONE}letter/", report.letter, name="campaign-letter"),
    path(f"{ONE}letter/html/", report.letter_html, name="campaign-letter-html"),
]

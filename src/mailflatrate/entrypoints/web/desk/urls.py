"""Every address of the desk, by area."""

from django.urls import path

from mailflatrate.entrypoints.web.desk import (
    accounts,
    applications,
    audit_log,
    compliance,
    documents,
    figures,
    home,
    letters,
    mailings,
    origins,
    postbox,
    privacy,
)
from mailflatrate.entrypoints.web.desk.cases.urls import urlpatterns as cases

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    *cases,
    path("applications/", applications.applications, name="applications"),
    path("applications/<int:account_id>/", applications.application, name="application"),
    path("applications/<int:account_id>/decide/", applications.decide, name="application-decide"),
    path("applications/<int:account_id>/activate/", applications.activate, name="application-activate"),
    path("applications/<int:account_id>/look/", applications.look_again, name="application-look"),
    path("mailings/", mailings.mailings, name="mailings"),
    path("mailings/<int:campaign_id>/", mailings.mailing, name="mailing"),
    path("mailings/<int:campaign_id>/review/", mailings.review, name="mailing-review"),
    path("figures/", figures.figures, name="figures"),
    path("figures/<int:measure_id>/", figures.figure, name="figure"),
    path("figures/<int:measure_id>/lift/", figures.lift, name="figure-lift"),
    path("compliance/", compliance.compliance, name="compliance"),
    path("letters/", letters.letters, name="letters"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<int:account_id>/", accounts.account, name="account"),
    path("accounts/<int:account_id>/rates/", figures.rates, name="rates"),
    path("accounts/<int:account_id>/measure/", accounts.measure, name="account-measure"),
    path("accounts/<int:account_id>/strike/", accounts.strike, name="account-strike"),
    path("accounts/<int:account_id>/strikes/<int:strike_id>/back/", accounts.strike_back, name="account-strike-back"),
    path("accounts/<int:account_id>/limits/", accounts.limits, name="account-limits"),
    path("accounts/<int:account_id>/answer/", accounts.answer, name="account-answer"),
    path("postbox/", postbox.postbox, name="postbox"),
    path("postbox/<int:message_id>/", postbox.letter, name="postbox-letter"),
    path("documents/", documents.documents, name="documents"),
    path("documents/<int:document_id>/", documents.document, name="document"),
    path("documents/new/<slug:kind>/", documents.new, name="document-new"),
    path("audit/", audit_log.audit_log, name="audit-log"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("origins/", origins.queue, name="origins"),
    path("origins/<int:origin_id>/", origins.one, name="origin"),
    path("origins/<int:origin_id>/decide/", origins.decide, name="origin-decide"),
    path("origins/<int:origin_id>/picture", origins.picture, name="origin-picture"),
    path("held-imports/<int:import_id>/", origins.held, name="held-import"),
    path("held-imports/<int:import_id>/decide/", origins.decide_held, name="held-import-decide"),
]

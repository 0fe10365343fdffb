"""URLs of cases, stored mail and people."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.desk.cases import case, case_actions, export, figures, listing, mail, person

CASE, MAIL = "cases/<int:case_id>/", "mail/<int:raw_mail_id>/"
PERSON = "accounts/<int:account_id>/people/<int:contact_id>/"

urlpatterns: list[URLPattern] = [
    path("cases/", listing.cases, name="cases"),
    path("cases/closed/", listing.closed, name="cases-closed"),
    path("cases/search/", listing.search, name="case-search"),
    path("suppressions/<int:suppression_id>/lift/", listing.lift_found, name="suppression-lift"),
    path("cases/new/", listing.new, name="case-new"),
    path("cases/figures/", figures.figures, name="case-figures"),
    path("cases/figures/<int:year>-<int:month>.<slug:ending>", figures.month, name="case-month"),
    path("cases/contest/<int:message_id>/", case_actions.contest, name="case-contest"),
    path(CASE, case.case, name="case"),
    path(f"{CASE}measure/", case_actions.measure, name="case-measure"),
    path(f"{CASE}take/", case_actions.take, name="case-take"),
    path(f"{CASE}note/", case_actions.note, name="case-note"),
    path(f"{CASE}campaign/", case_actions.attribute, name="case-attribute"),
    path(f"{CASE}close/", case_actions.close, name="case-close"),
    path(f"{CASE}reopen/", case_actions.reopen, name="case-reopen"),
    path(f"{CASE}message/", case_actions.send_message, name="case-message"),
    path(f"{CASE}export/", export.export, name="case-export"),
    path(f"{CASE}certificate/", export.certificate, name="case-certificate"),
    path(f"{CASE}answers/<int:answer_id>", case_actions.answer_file, name="case-answer-file"),
    path("mail/", mail.mails, name="stored-mails"),
    path(MAIL, mail.one, name="stored-mail"),
    path(f"{MAIL}source", mail.source, name="stored-mail-source"),
    path(f"{MAIL}again/", mail.read_again, name="stored-mail-again"),
    path(f"{MAIL}case/", mail.make_case, name="stored-mail-case"),
    path(f"{MAIL}away/", mail.put_away, name="stored-mail-away"),
    path(PERSON, person.person, name="person"),
    path(f"{PERSON}suppressions/<int:suppression_id>/lift/", person.lift_suppression, name="person-lift"),
]

"""URLs of transactional email."""

from django.urls import path

from mailflatrate.entrypoints.web.studio.transactional import messages, templates

urlpatterns = [
    path("", messages.log, name="transactional"),
    path("<int:transactional_id>/", messages.message, name="transactional-message"),
    path("<int:transactional_id>/resend/", messages.resend, name="transactional-resend"),
    path("templates/", templates.template_list, name="transactional-templates"),
    path("templates/<int:message_template_id>/", templates.template, name="transactional-template"),
    path("templates/<int:message_template_id>/submit/", templates.submit, name="transactional-template-submit"),
    path("templates/<int:message_template_id>/test/", templates.test, name="transactional-template-test"),
    path("templates/<int:message_template_id>/take-back/", templates.back, name="transactional-template-back"),
    path("templates/<int:message_template_id>/version/", templates.version, name="transactional-template-version"),
    path("templates/<int:message_template_id>/delete/", templates.delete, name="transactional-template-delete"),
]

"""URLs of the studio, by area."""

from django.urls import include, path

from mailflatrate.entrypoints.web.studio import account_choice, agreements, help, report_trends, reports, search
from mailflatrate.entrypoints.web.studio.audience import urls as audience
from mailflatrate.entrypoints.web.studio.automations import urls as automations
from mailflatrate.entrypoints.web.studio.campaigns import urls as campaigns
from mailflatrate.entrypoints.web.studio.content import urls as content
from mailflatrate.entrypoints.web.studio.home import urls as home
from mailflatrate.entrypoints.web.studio.signup import urls as signup
from mailflatrate.entrypoints.web.studio.test_inbox import urls as test_inbox
from mailflatrate.entrypoints.web.studio.transactional import urls as transactional
from mailflatrate.entrypoints.web.studio.trust import urls as trust

app_name = "studio"
urlpatterns = [
    path("", include(home.urlpatterns)),
    path("agreements/", agreements.agreements, name="agreements"),
    path("account/<int:account_id>/", account_choice.choose, name="choose-account"),
    path("", include(audience.urlpatterns)),
    path("", include(signup.urlpatterns)),
    path("campaigns/", include(campaigns.urlpatterns)),
    path("automations/", include(automations.urlpatterns)),
    path("", include(content.urlpatterns)),
    path("", include(trust.urlpatterns)),
    path("transactional/", include(transactional.urlpatterns)),
    path("reports/", reports.reports, name="reports"),
    path("reports/trends/", report_trends.trends, name="report-trends"),
    path("search/", search.search, name="search"),
    path("help/", help.help_page, name="help"),
    path("test-inbox/", include(test_inbox.urlpatterns)),
]

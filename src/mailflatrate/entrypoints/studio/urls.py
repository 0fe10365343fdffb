"""URLs of the studio, by area."""

from mailflatrate.entrypoints.studio import account_choice, agreements, help, report_trends, reports
from mailflatrate.entrypoints.studio.audience.urls import urlpatterns as audience
from mailflatrate.entrypoints.studio.automations.urls import urlpatterns as automations
from mailflatrate.entrypoints.studio.campaigns.urls import urlpatterns as campaigns
from mailflatrate.entrypoints.studio.content.urls import urlpatterns as content
from mailflatrate.entrypoints.studio.home import views as home
from mailflatrate.entrypoints.studio.search import views as search
from mailflatrate.entrypoints.studio.signup.urls import urlpatterns as signup
from mailflatrate.entrypoints.studio.test_inbox import views as test_inbox
from mailflatrate.entrypoints.studio.transactional import messages, templates
from mailflatrate.entrypoints.studio.trust.urls import urlpatterns as trust
from mailflatrate.entrypoints.ui.pages import patterns

app_name = "studio"
urlpatterns = [
    *patterns(home, agreements, account_choice, reports, report_trends, search, help, test_inbox, messages, templates),
    *audience,
    *signup,
    *campaigns,
    *automations,
    *content,
    *trust,
]

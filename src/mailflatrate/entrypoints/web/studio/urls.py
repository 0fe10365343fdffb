"""URLs of the studio, by area."""

from mailflatrate.entrypoints.web.pages import patterns
from mailflatrate.entrypoints.web.studio import account_choice, agreements, help, report_trends, reports
from mailflatrate.entrypoints.web.studio.audience.urls import urlpatterns as audience
from mailflatrate.entrypoints.web.studio.automations.urls import urlpatterns as automations
from mailflatrate.entrypoints.web.studio.campaigns.urls import urlpatterns as campaigns
from mailflatrate.entrypoints.web.studio.content.urls import urlpatterns as content
from mailflatrate.entrypoints.web.studio.home import views as home
from mailflatrate.entrypoints.web.studio.search import views as search
from mailflatrate.entrypoints.web.studio.signup.urls import urlpatterns as signup
from mailflatrate.entrypoints.web.studio.test_inbox import views as test_inbox
from mailflatrate.entrypoints.web.studio.transactional import messages, templates
from mailflatrate.entrypoints.web.studio.trust.urls import urlpatterns as trust

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

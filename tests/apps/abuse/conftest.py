"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from mailflatrate.apps.accounts.models import User
from support.people import operator
from support.returned_mail import SentCampaign, sent_campaign


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    return sent_campaign()


@pytest.fixture(scope="module")
def otto(database: str) -> User:
    return operator()


@pytest.fixture(scope="module")
def sent(database: str) -> SentCampaign:
    return sent_campaign()

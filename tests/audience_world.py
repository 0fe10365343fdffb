"""Anna's account with a list and a file imported into it; Ben who looks; Carla next door."""

import io
import itertools
from dataclasses import dataclass

from django.test import Client

from campaign_world import browser
from lists_home import HEADER, Home, home
from mailflatrate.apps.accounts import actions as accounts
from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.lists.models import Contact, Import
from mailflatrate.base import clock, tenancy

NUMBERS = itertools.count(1)


def line(email: str, first: str = "Dora", **changed: str) -> str:
    """A row with full evidence, from the beginning of this month or before."""
    day = clock.now().date().replace(day=1).isoformat()
    cells = {
        "first": first,
        "last": "Klein",
        "signup": f"{day}T00:00:00+01:00",
        "ip": "203.0.113.9",
        "confirmed": f"{day}T00:05:00+01:00",
        "source": "https://anna.example/news",
        "city": "Kiel",
    } | changed
    return ";".join([email, *cells.values()])


def file_of(*lines: str, header: str = HEADER) -> io.BytesIO:
    """A CSV file as a browser uploads it."""
    file = io.BytesIO("\n".join([header, *lines, ""]).encode())
    file.name = "people.csv"
    return file


@dataclass(frozen=True)
class Audience:
    """One account; `client` is the owner's browser, `ben` the one of a colleague who only looks."""

    home: Home
    client: Client
    ben: Client

    @property
    def list_id(self) -> int:
        """The account's list."""
        return self.home.list_id

    def contact(self, email: str) -> Contact:
        """The person with this address."""
        with tenancy.account(self.home.account_id):
            return Contact.objects.get(email=email)

    def job(self, import_id: int) -> Import:
        """An import as it stands now."""
        with tenancy.account(self.home.account_id):
            return Import.objects.get(id=import_id)

    def page(self, url: str, status: int = 200) -> str:
        """What the owner sees."""
        answer = self.client.get(f"/studio/{url}")
        assert answer.status_code == status, answer.content[-2000:]
        return answer.content.decode()


def audience(name: str = "Anna") -> Audience:
    """A fresh account with one empty list."""
    number = next(NUMBERS)
    place = home(name)
    owner = accounts.create_user(f"{name.lower()}.aud{number}@lindenhof.example", name=name, password=None)
    accounts.add_member(place.account_id, owner)
    ben = accounts.create_user(f"ben.aud{number}.{name.lower()}@lindenhof.example", name="Ben", password=None)
    accounts.add_member(place.account_id, ben, Role.VIEWER)
    return Audience(place, browser(owner), browser(ben))

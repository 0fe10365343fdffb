"""A link scanner reads all mail and opens every link in it: nothing changes anywhere (R-33, R-110)."""

import http.client
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

import psycopg
import pytest
from procrastinate.contrib.django import app

from mailflatrate.settings.postgres import EmbeddedPostgres
from support.demo import Demo
from support.waiting import read_as_a_person, wait_until

SCANNER = "Mozilla/5.0 (compatible; ExampleScanner/1.0; link-scanner)"
PATIENCE_SECONDS = 60.0
READING_SECONDS = 3.2  # nobody reads and types faster
MAILINGS_READ = 8
NEW_READER, MOVED, APPLICANT = "scanned@mailbox.example", "moved@mailbox.example", "eva.neu@scanned.example"
# What the machinery writes automatically: its jobs, workers, senders and relays, sessions and counters of browsers,
# seals over events, and what per-minute jobs derive from rows that are compared themselves.
MACHINERY = re.compile(
    r"procrastinate_.*|worker_process|sender_process|withdrawals_place|relay_report|relay_count|log_follower|followed_message|browser_session|shared_entry|consent_seal|"
    r"daily_figure|list_tally|mailable_count|contact_text|search_todo|sort_index|sort_key"
)
DERIVED_COLUMN = "address_keys"
CLICKS = "click"
LINK = re.compile(r"https?://[^\s\"'<>)\]]+")
HREF = re.compile(r'href="([^"#]+)"')
# The first word of the path. Each of them must have been found in a mail or on the page that a mail leads to.
DOORS = {"u", "p", "c", "d", "r", "confirm", "mailbox", "report", "help", "apply", "password"}

Tables = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Answer:
    """The response."""

    status: int
    text: str
    cookie: str


class World:
    """The demonstration as the rest of the world reaches it: over HTTP, over HTTPS, and in its mailboxes."""

    def __init__(self, demo: Demo, owner: psycopg.Connection) -> None:
        self.demo, self.owner = demo, owner
        found = owner.execute("SELECT raw FROM postbox_message WHERE mailing_id <> '' LIMIT 1").fetchone()
        assert found is not None
        self.letter = readable(bytes(found[0]))
        self.public = "https://" + urlsplit(next(link for link in links_in(self.letter) if "/u/" in link)).netloc
        self.hosts = {urlsplit(self.public).netloc, urlsplit(demo.base).netloc}

    def ask(self, method: str, address: str, fields: dict[str, str] | None = None, cookie: str = "") -> Answer:
        """One request; redirects are not followed."""
        parts = urlsplit(address)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            trusting = ssl._create_unverified_context()  # the demonstration's own certificate
            connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=30, context=trusting)
        else:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        headers = {"User-Agent": SCANNER, "Cookie": cookie, "Referer": address}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode() if fields is not None else None
        connection.request(method, f"{parts.path or '/'}?{parts.query}", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return Answer(answer.status, text, (answer.headers["Set-Cookie"] or "").partition(";")[0])

    def send(self, address: str, fields: dict[str, str]) -> None:
        """Fill in a form as a person does: look at it, read, press the button."""
        page = self.ask("GET", address)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        read_as_a_person()
        answer = self.ask("POST", address, dict(hidden) | fields, page.cookie)
        assert answer.status in (200, 302, 303), (address, answer.status, answer.text[-2000:])

    def letters(self, where: str = "TRUE", limit: int = 5000) -> list[str]:
        """Return messages from the test inbox, newest first."""
        query = f"SELECT raw FROM postbox_message WHERE {where} ORDER BY id DESC LIMIT {limit}"
        return [readable(bytes(raw)) for (raw,) in self.owner.execute(query).fetchall()]  # type: ignore[call-overload]

    def link(self, path: str, address: str) -> str:
        """Return a link to `path` in a message to a person; waits for the message."""

        def found() -> str:
            links = (link for letter in self.letters(f"envelope_to = '{address}'") for link in links_in(letter))
            return next((link for link in links if urlsplit(link).path.startswith(path)), "")

        return wait_until(found, f"an email to {address} that leads to {path}", seconds=PATIENCE_SECONDS, pause=0.3)

    def tables(self) -> Tables:
        """Each table of the product: how many rows, and a digest of all that they say."""
        names = self.owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        row = f"hashtextextended((to_jsonb(t) - '{DERIVED_COLUMN}')::text, 0)"
        digest = f"SELECT count(*), coalesce(sum({row}), 0)::text FROM"
        found: Tables = {}
        for (name,) in names:
            if not MACHINERY.fullmatch(name):
                counted = self.owner.execute(f'{digest} "{name}" t').fetchone()  # type: ignore[call-overload]
                found[name] = (counted[0], counted[1])
        return found

    def quiet_tables(self) -> Tables:
        """Return the same, once nothing is in progress."""
        seen = [self.tables()]

        def is_quiet() -> bool:
            seen.append(self.tables())
            # What waits in the outbox leaves it within a minute, scanner or not.
            return seen[-2] == seen[-1] and seen[-1]["withdrawal_outbox"][0] == 0

        wait_until(is_quiet, "rest in the demonstration", seconds=PATIENCE_SECONDS, pause=3.0)
        return seen[-1]

    def scheduled(self) -> list[tuple[str, int]]:
        """Return which hourly and daily jobs ran last, and when: they change tables, whoever looks at them."""
        last = "SELECT task_name, max(defer_timestamp) FROM procrastinate_periodic_defers GROUP BY 1 ORDER BY 1"
        rare = {each.task.name for each in app.periodic_registry.periodic_tasks.values() if each.cron[0] != "*"}
        return [(name, at) for name, at in self.owner.execute(last).fetchall() if name in rare]

    def machine_clicks(self) -> tuple[int, int]:
        """Clicks in all, and those that count as a machine's."""
        row = self.owner.execute("SELECT count(*), count(*) FILTER (WHERE machine) FROM click").fetchone()
        assert row is not None
        return row[0], row[1]


def readable(raw: bytes) -> str:
    """A message as it was received, without the soft line ends of its encoding."""
    return re.sub(r"=\r?\n", "", raw.decode("utf-8", "replace")).replace("=3D", "=")


def links_in(letter: str) -> list[str]:
    """All web addresses, the header's too, each once."""
    return list(dict.fromkeys(link.rstrip(".,;") for link in LINK.findall(letter)))


@pytest.fixture(scope="module")
def world(demo: Demo) -> Iterator[World]:
    with psycopg.connect(EmbeddedPostgres(demo.folder).url, autocommit=True) as owner:
        found = World(demo, owner)
        _ask_for_every_mail(found)
        yield found


def _ask_for_every_mail(world: World) -> None:
    """Sign up, ask for one's data, move, report, apply, forget a password; each ends in a mail with a link."""
    code, mailing = world.demo.numbers["form_code"], world.demo.numbers["mailing_id"]
    rows = world.owner.execute(
        "SELECT envelope_to, raw FROM postbox_message WHERE mailing_id <> '' AND behaviour = '' ORDER BY id LIMIT 100"
    ).fetchall()
    # Order confirmations and the like have no link to preferences.
    reader, preferences = next(
        (to, link)
        for to, raw in rows
        for link in links_in(readable(bytes(raw)))
        if urlsplit(link).path.startswith("/p/")
    )
    world.send(f"{world.public}/f/{code}/", {"email": NEW_READER, "consent": "yes"})
    world.link("/confirm/", NEW_READER)
    world.send(preferences, {"act": "move", "email": MOVED})
    world.send(world.link("/r/", reader), {})
    world.link("/confirm/", MOVED)
    rights = re.search(r'href="(/d/[^"?#]+)"', world.ask("GET", preferences).text)
    assert rights is not None
    world.send(urljoin(preferences, rights[1]), {"kind": "access"})
    world.link("/r/", reader)
    world.send(f"{world.public}/report/", {"about": mailing, "complaint": "unasked", "reporter": reader})
    world.link("/report/stop/", reader)
    world.send(f"{world.demo.base}/apply/", {"email": APPLICANT})
    world.link("/apply/begin/", APPLICANT)
    world.send(f"{world.demo.base}/password/reset/", {"email": "ben@lindenhof.example"})
    world.link("/password/", "ben@lindenhof.example")


def _everything_in_the_mails(world: World) -> list[str]:
    """Return all links to us: of each message outside campaigns, and of some campaigns, which differ only in tokens."""
    letters = world.letters("mailing_id = ''") + world.letters("mailing_id <> ''", MAILINGS_READ)
    links = dict.fromkeys(link for letter in letters for link in links_in(letter))
    return [link for link in links if urlsplit(link).netloc in world.hosts]


def test_a_scanner_changes_nothing_anywhere(world: World) -> None:
    begun = world.scheduled()
    changed = _changed_by_a_scanner(world)
    while changed and begun != (now := world.scheduled()):  # it may have been one of these jobs
        begun, changed = now, _changed_by_a_scanner(world)
    assert changed == {}


def _changed_by_a_scanner(world: World) -> dict[str, tuple[tuple[int, str], tuple[int, str]]]:
    """Open every link twice; return the tables that changed, but for the clicks, all of which are a machine's."""
    links = _everything_in_the_mails(world)
    before, (clicks, by_machines) = world.quiet_tables(), world.machine_clicks()
    opened, waiting = set[str](), list(links)
    while waiting:
        link = waiting.pop()
        if link in opened:
            continue
        opened.add(link)
        for method in ("HEAD", "GET"):
            answer = world.ask(method, link)
            assert answer.status < 500, (method, link)
        if link in links:  # the pages that a mail leads to have links of their own
            further = (urljoin(link, href.replace("&amp;", "&")) for href in HREF.findall(answer.text))
            waiting += [one for one in further if urlsplit(one).netloc in world.hosts]
    doors = {urlsplit(link).path.split("/")[1] for link in opened}
    assert doors >= DOORS, DOORS - doors
    after, (clicks_now, by_machines_now) = world.quiet_tables(), world.machine_clicks()
    assert clicks_now - clicks == by_machines_now - by_machines > 0, "a scanner counted as a reader"
    print(f"{len(opened)} links opened twice")
    return {name: (before[name], after[name]) for name in before if before[name] != after[name] and name != CLICKS}

"""The example of docs/extending.md, installed as a distribution of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from mailflatrate.settings.schema import load_settings
from support.customers import customer_with_list
from support.people import browser, person

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
CODE = re.compile(r"^`(garden/[\w./]+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
MOST_LINES = 150
ASKS = """
import sys
from urllib.parse import urlsplit
from mailflatrate.entrypoints.boot import boot
boot()
from django.test import Client
from mailflatrate.apps.automations.engine.steps import ACTIONS
from mailflatrate.apps.campaigns.palette import block_sources
from mailflatrate.entrypoints.studio.automations.step_forms import DeclaredForm
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.rules.automations.steps import STEP_KINDS
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.fields.values import FIELD_TYPES, normalize_value
from mailflatrate.rules.gate.chains import CAMPAIGN_CHAIN, FORM_CHAIN
print(CAMPAIGN_CHAIN[-1].key, FORM_CHAIN[-1].key)
print(normalize_value(FieldDefinition("zone", FIELD_TYPES["zone"]), "zone 7"))
form = DeclaredForm(initial={}, step=STEP_KINDS["garden_water"], here=1)
print(type(ACTIONS["garden_water"]).__name__, list(form.fields))
print(block_sources("en", BrandStyle())["garden_tip"])
from mailflatrate.settings.schema import load_settings
host = urlsplit(load_settings().public_url).hostname
client = Client(SERVER_NAME=host)
client.cookies[sys.argv[1]] = sys.argv[2]
answer = client.get("/studio/garden/")
stranger = Client(SERVER_NAME=host).get("/studio/garden/")
print(answer.status_code, "Garden" in answer.content.decode(), stranger.status_code)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as `pip` leaves it."""
    for name, code in CODE.findall(PAGE):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    (tmp_path / "garden" / "__init__.py").touch()
    about = tmp_path / "garden-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: garden\nVersion: 1.0\n")
    declared = re.findall(r'^(\w+) = "(\w+)"$', PAGE, re.MULTILINE)
    points = "".join(f"{name} = {package}\n" for name, package in declared)
    (about / "entry_points.txt").write_text(f"[mailflatrate.extensions]\n{points}")
    return tmp_path


def test_example_is_short() -> None:
    assert 0 < sum(len(code.splitlines()) for _name, code in CODE.findall(PAGE)) < MOST_LINES


@pytest.mark.slow
def test_example_adds_what_it_says(installed: Path, database: str) -> None:
    anna = person(customer_with_list("Anna").account_id, "Anna")
    session = browser(anna).cookies[settings.SESSION_COOKIE_NAME].value
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {"MAILFLATRATE_DATA_DIR": str(load_settings().data_dir), "MAILFLATRATE_LOG_LEVEL": "ERROR"}
    environment["PYTHONPATH"] = os.pathsep.join([str(installed), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-c", ASKS, settings.SESSION_COOKIE_NAME, session],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "garden-no-frost form-texts-whole",
        "7",
        "_Water ['plant']",
        '<mj-text color="#0b5a63">Water in the evening.</mj-text>',
        "200 True 302",
    ]

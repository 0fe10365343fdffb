"""The schema of a database in a canonical form, so that two databases can be compared object by object.

Run it with the URL of a database to print it: `python tests/release/schema_state.py URL > schema.json`.
"""

import json
import re
import subprocess
import sys

import psycopg

from mailflatrate.settings.postgres import BINARIES

_HEADER = re.compile(
    r"^-- (?:Data for )?Name: (?P<name>.+); Type: (?P<kind>.+); Schema: (?P<schema>\S+); Owner: .*$", re.MULTILINE
)
_ALL_ROWS = """
SELECT count(*), md5(string_agg(line, E'\\n' ORDER BY line)), left(string_agg(line, E'\\n' ORDER BY line), 2000)
FROM (SELECT (to_jsonb(t) - 'id' - 'content_type_id' - 'held_since')::text AS line FROM {} t) lines
"""
_SHIPPED_ROWS = ("audit_head", "auth_group", "auth_permission", "django_content_type", "role_word", "sending_fence")
"""Tables whose rows a new database has at once."""


def schema_state(url: str) -> dict[str, str]:
    dump = subprocess.run(
        [BINARIES / "pg_dump", "--schema-only", "--no-owner", "--dbname", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    headers = list(_HEADER.finditer(dump))
    ends = [each.start() for each in headers[1:]] + [len(dump)]
    found = {}
    for header, end in zip(headers, ends, strict=True):
        key = f"{header['kind']} {header['schema']} {header['name']}"
        text = "\n".join(line for line in dump[header.end() : end].splitlines() if line and not line.startswith("--"))
        found[key] = _canonical(header["kind"], text)
    return dict(sorted({**found, **_settings_of_objects(url), **_rows(url)}.items()))


def _canonical(kind: str, text: str) -> str:
    """Sort the columns of a table and its rights, and drop what pg_dump draws anew each time."""
    text = "\n".join(line for line in text.splitlines() if not line.startswith((r"\unrestrict", "SET default_")))
    if kind == "ACL":
        return "\n".join(sorted(text.splitlines()))  # rights that were granted later stand last
    if kind != "TABLE":
        return text
    head, _, rest = text.partition(" (\n")
    columns, _, foot = rest.rpartition("\n)")
    lines = sorted(line.strip().removesuffix(",") for line in columns.splitlines())
    return "\n".join([head, *lines, f"){foot}"])


def _settings_of_objects(url: str) -> dict[str, str]:
    """What a plain dump leaves out or words by chance: rights with their givers, and defaults of roles."""
    questions = {
        "RIGHTS": "SELECT c.relname, c.relacl::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind <> 'i' AND c.relacl IS NOT NULL",
        "FUNCTION RIGHTS": "SELECT p.oid::regprocedure::text, coalesce(p.proacl::text, 'default') FROM pg_proc p"
        " WHERE p.pronamespace = 'public'::regnamespace",
        "DEFAULT RIGHTS": "SELECT defaclobjtype::text, defaclacl::text FROM pg_default_acl",
        "SEQUENCE OWNER": "SELECT s.oid::regclass::text, d.refobjid::regclass::text || ' ' || d.deptype::text"
        " FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')"
        " WHERE s.relkind = 'S' AND d.refclassid = 'pg_class'::regclass",
        "PERSISTENCE": "SELECT relname, relpersistence::text || coalesce(' ' || reloptions::text, '')"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    }
    found = {}
    with psycopg.connect(url) as link:
        for kind, question in questions.items():
            for name, value in link.execute(question).fetchall():
                words = sorted(value.strip("{}").split(",")) if "RIGHTS" in kind else [value]
                found[f"{kind} {name}"] = "\n".join(words)
    return found


def _rows(url: str) -> dict[str, str]:
    with psycopg.connect(url) as link:
        return {f"ROWS {table}": str(link.execute(_ALL_ROWS.format(table)).fetchone()) for table in _SHIPPED_ROWS}


if __name__ == "__main__":
    print(json.dumps(schema_state(sys.argv[1]), indent=1))

"""Rules are stated once: code and SQL take what they ask from `rules`, and one function writes a campaign's state."""

import ast
import re
from collections.abc import Iterator

import pytest

from architecture.migrations import PACKAGE
from architecture.sources import nodes
from mailflatrate.rules.campaigns.campaign_states import CampaignState

WRITER = PACKAGE / "apps" / "campaigns" / "states.py"
TABLE = PACKAGE / "rules" / "campaigns" / "campaign_states.py"
CODE = [file for file in sorted(PACKAGE.rglob("*.py")) if "migrations" not in file.parts]
SQL = sorted(PACKAGE.glob("**/sql/*.sql"))
_UPDATE = re.compile(r"\bUPDATE\s+(?:ONLY\s+)?(?:public\.)?campaign\b[^;]*?\bSET\b[^;]*?\bstate\s*=", re.IGNORECASE)
_LIST = re.compile(r"\(\s*'\w+'(?:\s*,\s*'\w+')+\s*\)")
_WRITES = {"update", "create", "get_or_create", "update_or_create", "bulk_create", "aupdate"}
# The states of chunks and deliveries have some of the same names.
_ALSO_ELSEWHERE = {"sending", "sent", "cancelled"}
_STATES = {state.value for state in CampaignState}


def texts(source: str) -> Iterator[str]:
    """Yield every string of a module; what an f-string inserts is left out."""
    for node in nodes(source):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _named(node: ast.AST) -> str:
    return ast.unparse(node).lower()


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        yield node.target


def _is_of_campaign(call: ast.Call) -> bool:
    return bool(re.search(r"\bcampaign\b", _named(call.func))) or "campaignstate." in _named(call)


def state_writes(source: str) -> list[str]:
    found = []
    for node in nodes(source):
        for target in _targets(node):
            if isinstance(target, ast.Attribute) and target.attr == "state":
                value = _named(node.value) if isinstance(node, ast.Assign) else ""
                if re.search("campaign|mailing|draft", _named(target.value)) or "campaignstate." in value:
                    found.append(ast.unparse(node))
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else _named(node.func)
            gives_state = called in _WRITES and any(key.arg == "state" for key in node.keywords)
            if gives_state and _is_of_campaign(node):
                found.append(ast.unparse(node))
            if called in {"setattr", "save"} and "campaign" in _named(node) and "'state'" in _named(node):
                found.append(ast.unparse(node))
    return found + [text for text in texts(source) if _UPDATE.search(text)]


def state_sets(source: str) -> list[str]:
    found = []
    for node in nodes(source):
        if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
            values = {each.value for each in node.elts if isinstance(each, ast.Constant)}
            own = len(values) == len(node.elts) and values <= _STATES and not values <= _ALSO_ELSEWHERE
            if own or all(ast.unparse(each).startswith("CampaignState.") for each in node.elts):
                found.append(ast.unparse(node))
    return found + [match for text in texts(source) for match in sql_sets(text)]


def sql_sets(text: str) -> list[str]:
    lists = _LIST.findall(text)
    sets = [(each, set(re.findall(r"'(\w+)'", each))) for each in lists]
    return [each for each, values in sets if values <= _STATES and not values <= _ALSO_ELSEWHERE]


@pytest.mark.parametrize(
    "source",
    [
        "campaign.state = 'sent'",
        "self.campaign.state, self.campaign.state_reason = state, reason",
        "row.state = CampaignState.SENT",
        "Campaign.objects.filter(id=1).update(state='sent')",
        "rows.update(state=CampaignState.SENT)",
        "setattr(campaign, 'state', x)",
        "campaign.save(update_fields=['state'])",
        "run(\"UPDATE campaign SET state = 'sent' WHERE id = 1\")",
        "run(f\"UPDATE public.campaign k SET name = '{x}', state = '{y}'\")",
    ],
)
def test_a_second_writer_would_be_found(source: str) -> None:
    assert state_writes(source)


@pytest.mark.parametrize(
    "source", ["chunk.state = 'done'", "Chunk.objects.update(state='ready')", "x(\"UPDATE chunk SET state = 'ready'\")"]
)
def test_other_tables_have_states_of_their_own(source: str) -> None:
    assert not state_writes(source)


def test_one_function_writes_the_state_of_a_campaign() -> None:
    others = {file: found for file in CODE if file != WRITER and (found := state_writes(file.read_text()))}
    assert not others
    assert not [file for file in SQL if _UPDATE.search(file.read_text())]
    assert state_writes(WRITER.read_text())


@pytest.mark.parametrize(
    "source",
    [
        "X = (CampaignState.SENDING, CampaignState.WAITING)",
        "x = campaign.state in ('planning', 'paused')",
        "x(f\"SELECT 1 FROM campaign k WHERE k.state IN ('sending', 'waiting')\")",
    ],
)
def test_a_second_set_of_states_would_be_found(source: str) -> None:
    assert state_sets(source)


def test_the_sets_of_campaign_states_are_defined_once() -> None:
    others = {file: found for file in CODE if file != TABLE and (found := state_sets(file.read_text()))}
    others |= {file: found for file in SQL if (found := sql_sets(file.read_text()))}
    assert not others


# What `rules.sql` says instead: suppression in force, an account that may send, a confirmed subscription.
_COPIES = re.compile(
    r"lifted_at IS NULL|standing\s+(?:NOT\s+)?IN\s*\("
    r"|\b(?:s|p|f|seg|subscription)\.state\s*(?:=|<>|IN)\s*\(?'confirmed'"
)


@pytest.mark.parametrize(
    "text",
    [
        "x.lifted_at IS NULL",
        "a.standing IN ('active', 'throttled')",
        "NEW.standing NOT IN ('active')",
        "s.state = 'confirmed'",
        "s.state <> 'confirmed'",
        "seg.state IN ('confirmed')",
    ],
)
def test_a_copy_of_a_rule_in_sql_would_be_found(text: str) -> None:
    assert _COPIES.search(text)


def test_sql_takes_its_rules_from_one_place() -> None:
    """Only the index that ON CONFLICT names spells its condition out."""
    found = {
        file.relative_to(PACKAGE).as_posix(): copies
        for file in (*CODE, *SQL)
        if file.parts[-2:] != ("rules", "sql.py")
        for text in ([file.read_text()] if file.suffix == ".sql" else [*texts(file.read_text())])
        if (copies := _COPIES.findall(text))
    }
    assert found == {"apps/suppression/actions.py": ["lifted_at IS NULL"]}


# One way from an address to its key, and one function that knows an address's domain. The rest are user names in URLs,
# a mailbox without a domain, and a hash of local parts in exports.
_ONE_WAY = {
    r"suppression_key\(": {"base/ids.py", "identifiers/tokens.py", "abuse/export.py"},
    r"partition\(\"@\"\)\[(2|-1)\]": {
        "mail/address.py",
        "reading/dsn.py",
        "public/media_hosts.py",
        "checks/links_truthful.py",
        "checks/unsubscribe_host.py",
    },
    r"(?<!def )\bdropped_delivery\(": {"delivery/queries.py", "actions/process_batch.py"},
    r"mailing_id__in=": {"inbound/interpretation.py", "queries/search.py", "transactional/queries.py"},
}


@pytest.mark.parametrize("pattern", _ONE_WAY)
def test_what_has_one_way_has_one_way(pattern: str) -> None:
    found = {"/".join(file.parts[-2:]) for file in CODE if re.search(pattern, file.read_text())}
    assert found == _ONE_WAY[pattern]

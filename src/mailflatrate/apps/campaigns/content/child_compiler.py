"""Read customers' content in a child process: any failure, or too much time or memory, raises SourceRefused."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from mailflatrate.base import child
from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat
from mailflatrate.mail.content.compiler import CompiledSources, MissingValues, NumberedUrls, WrittenParts
from mailflatrate.mail.content.facts import CompiledContentFacts
from mailflatrate.mail.content.landing_page import CompiledPage
from mailflatrate.mail.html.imprint import FooterImprint
from mailflatrate.mail.liquid import SourceError, SourceRefused
from mailflatrate.rules.gate.sample import SampleJudgement, SpokenOf

_TRIES = 3
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CompiledCampaign:
    """A compiled campaign as text, with its imprint. Its Liquid is parsed in a child process as well."""

    sources: CompiledSources
    imprint: FooterImprint


def compile_in_child(source: ContentSource, context: CompileContext) -> CompiledCampaign:
    link_url = context.link_url
    placeholder = f"https://link.invalid/{secrets.token_hex(16)}_"
    inner = replace(context, link_url=NumberedUrls(placeholder) if link_url else None)
    sources: CompiledSources = _ask("content.compile_sources", source, inner)
    html, text = sources.html, sources.text
    if link_url is not None:
        write = _link_writer(placeholder, link_url, {link.number: link.url for link in sources.links})
        html, text = write(html), write(text)
    return CompiledCampaign(replace(sources, html=html, text=text), context.imprint)


def _link_writer(
    placeholder: str, link_url: Callable[[int, str], str], targets: dict[int, str]
) -> Callable[[str], str]:
    pattern = re.compile(re.escape(placeholder) + r"(\d+)_")
    urls = {number: link_url(number, target) for number, target in targets.items()}
    return lambda text: pattern.sub(lambda match: urls[int(match[1])], text)


def merge_errors_in_child(source: ContentSource, known_variables: frozenset[str]) -> list[SourceError]:
    """Return the merge tag errors in a draft, by line. If the draft cannot be checked, that is the only error."""
    try:
        return list(_ask("content.merge_errors", source, known_variables))
    except SourceRefused as refused:
        return list(refused.errors)


def facts_in_child(compiled: CompiledCampaign) -> CompiledContentFacts:
    facts: CompiledContentFacts = _ask("content.facts", compiled.sources, compiled.imprint)
    return facts


def parts_in_child(compiled: CompiledCampaign, values: dict[str, object]) -> WrittenParts:
    parts: WrittenParts = _ask("content.write_parts", compiled.sources, values)
    return parts


def page_in_child(html: str, values: dict[str, object], own_hosts: frozenset[str] | None) -> WrittenParts:
    parts: WrittenParts = _ask("content.write_page", html, values, own_hosts)
    return parts


def variables_in_child(compiled: CompiledCampaign) -> frozenset[str]:
    variables: frozenset[str] = _ask("content.variables", compiled.sources)
    return variables


def missing_in_child(compiled: CompiledCampaign, readers: Sequence[dict[str, object]], most_work: int) -> MissingValues:
    missing: MissingValues = _ask("content.missing_values", compiled.sources, tuple(readers), most_work)
    return missing


def work_in_child(compiled: CompiledCampaign, values: dict[str, object]) -> int:
    return int(_ask("content.work", compiled.sources, values))


def spoken_of_in_child(words: str, visible: str) -> SpokenOf:
    mentions: SpokenOf = _ask("content.spoken_of", words, visible)
    return mentions


def judge_sample_in_child(message: bytes, published_key: bytes | None, now: datetime) -> SampleJudgement:
    judgement: SampleJudgement = _ask("content.judge_sample", message, published_key, now)
    return judgement


def as_html_in_child(text: str, kind: SourceFormat) -> str:
    return str(_ask("content.as_html", text, kind))


def as_body_in_child(text: str, kind: SourceFormat) -> str:
    return str(_ask("content.as_body", text, kind))


def as_text_in_child(text: str, kind: SourceFormat) -> str:
    return str(_ask("content.as_text", text, kind))


def landing_page_in_child(text: str, language: str, company: str) -> CompiledPage:
    page: CompiledPage = _ask("content.compile_page", text, language, company)
    return page


def _ask(name: str, *arguments: Any) -> Any:
    for turn in range(_TRIES):
        try:
            return child.call(name, *arguments)
        except child.ChildBusy as busy:
            if turn == _TRIES - 1:
                raise SourceRefused((mistake(1, "compiler-busy"),)) from busy
        except child.ChildTimeout as late:
            raise SourceRefused((mistake(1, "takes-too-long"),)) from late
        except child.ChildError as failure:
            _log.warning("compiler_failed", reader=name, problem=str(failure))
            raise SourceRefused((mistake(1, "compiler-stopped"),)) from failure
    raise AssertionError

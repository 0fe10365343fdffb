"""Templates rendered as finished messages without a campaign, for the gallery and to preview colors."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.content.campaign_content import imprint_block, known_variables, reason_text, source_of
from mailflatrate.apps.campaigns.content.child_compiler import compile_in_child, parts_in_child
from mailflatrate.apps.campaigns.content.samples import sample_values
from mailflatrate.apps.campaigns.coupons import pool_keys
from mailflatrate.apps.campaigns.gallery import GalleryTemplate, picture_file, source
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate, ContentKind
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.content.campaign import MAX_CONTENT, CompileContext
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint as ImprintBlock
from mailflatrate.mail.liquid import MissingValue, RenderRefused

SPECIMEN_ID = "0000-0000-0"
_MOST_OCTETS_WITH_PICTURES = 900_000


def gallery_message(template: GalleryTemplate, brand: BrandStyle, account: Account) -> str:
    """Render one of our templates in a brand as HTML, for an invented reader. Pictures are embedded."""
    draft = _draft(template, account, ContentKind.MJML, source(template, brand, _picture))
    return _notice(draft, brand, account, most_octets=_MOST_OCTETS_WITH_PICTURES)


def own_message(template: CampaignTemplate, brand: BrandStyle, account: Account) -> str:
    """Render an account's own template as HTML. Raises SourceRefused, MissingValue, RenderRefused."""
    return _notice(_draft(template, account, template.content_kind, template.content), brand, account)


def _draft(template: GalleryTemplate | CampaignTemplate, account: Account, kind: str, content: str) -> Campaign:
    return Campaign(
        account=account,
        mailing_id=SPECIMEN_ID,
        subject=template.subject,
        preheader=template.preheader,
        language=template.language,
        content_kind=kind,
        theme=template.theme if isinstance(template, CampaignTemplate) else "",
        content=content,
    )


def written_message(values: Mapping[str, Any], brand: BrandStyle, account: Account) -> str:
    """Render a stored version of a draft as HTML. Raises SourceRefused, MissingValue, RenderRefused."""
    draft = Campaign(
        account=account,
        mailing_id=SPECIMEN_ID,
        subject=values["subject"],
        preheader=values["preheader"],
        language=values["language"],
        content_kind=values["content_kind"],
        theme=values.get("theme", ""),
        content=values["content"],
    )
    return _notice(draft, brand, account)


def _notice(draft: Campaign, brand: BrandStyle, account: Account, *, most_octets: int = MAX_CONTENT) -> str:
    imprint = newest_imprint()
    block = imprint_block(draft, imprint, brand) if imprint else ImprintBlock(
        lines=(), reason=reason_text(draft.language), mailing_id=SPECIMEN_ID,
        language=known_language(draft.language), style=brand.imprint,
    )  # fmt: skip
    variables = known_variables(attribute_names(), pool_keys())
    context = CompileContext(imprint=block, known_variables=variables, brand=brand, most_octets=most_octets)
    compiled = compile_in_child(source_of(draft), context)
    written = parts_in_child(compiled, sample_values(draft, account, None, bare=False))
    if written.missing:
        raise MissingValue(written.missing[0])
    if written.problem is not None:
        raise RenderRefused(written.problem)
    return written.html


@cache
def _picture(stem: str) -> str:
    return "data:image/png;base64," + base64.b64encode(picture_file(stem).read_bytes()).decode()

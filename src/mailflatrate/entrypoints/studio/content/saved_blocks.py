"""Saved rows of the visual editor: its script saves, renames, changes and deletes them, and gets the list back."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import saved_blocks
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.lookups import find_saved_block
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.mail.author_mistakes import in_words
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.roles import Permission


def saved_rows() -> list[dict[str, Any]]:
    uses = queries.uses_of_blocks()
    return [
        {
            "id": row.id,
            "name": row.name,
            "source": row.content,
            "shared": row.is_shared,
            "drafts": len(uses.get(row.id, [])),
        }
        for row in queries.saved_blocks()
    ]


def _answer(action: Callable[[], int]) -> JsonResponse:
    """Do it and return all rows, with the ID that `action` returns; say what is wrong with status 422."""
    try:
        done = action()
    except NameTaken:
        problem = _("Another saved row already has this name. Choose a different one.")
    except CampaignInputError as refused:
        problem = str(refused)
    except SourceRefused as refused:
        problem = in_words(refused.errors[0], reading_language())
    else:
        return JsonResponse({"id": done, "rows": saved_rows()})
    return JsonResponse({"problem": problem}, status=422)


@studio("POST saved-rows/", "saved-blocks", Permission.DRAFT, logs="saved_block.saved", nav="templates")
def save(request: StudioRequest) -> HttpResponse:
    posted = request.POST
    return _answer(
        lambda: (
            saved_blocks.save_block(
                posted.get("name", ""), posted.get("source", ""), is_shared="shared" in posted, by=request.user
            ).id
        )
    )


@studio(
    "POST saved-rows/<int:saved_block_id>/", "saved-block", Permission.DRAFT, logs="saved_block.saved", nav="templates"
)
def change(request: StudioRequest, saved_block_id: int) -> HttpResponse:
    """Rename a row, or change what it says in all drafts that use it."""
    block = find_saved_block(saved_block_id)
    posted = request.POST
    if "source" in posted:
        return _answer(lambda: saved_blocks.change_block(block.id, posted["source"], by=request.user).id)
    return _answer(lambda: saved_blocks.rename_block(block.id, posted.get("name", "")).id)


@studio(
    "POST saved-rows/<int:saved_block_id>/delete/",
    "saved-block-delete",
    Permission.DRAFT,
    logs="saved_block.deleted",
    nav="templates",
)
def delete(request: StudioRequest, saved_block_id: int) -> HttpResponse:
    """Delete a row; drafts that use it keep a copy."""
    block = find_saved_block(saved_block_id)

    def deleted() -> int:
        saved_blocks.delete_block(block.id, by=request.user, open_draft=whole_number(request.POST.get("open")))
        return 0

    return _answer(deleted)

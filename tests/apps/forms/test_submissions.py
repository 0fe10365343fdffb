"""What a visitor submitted: nothing is ticked unless they ticked it."""

from typing import Any, cast

import pytest

from mailflatrate.apps.forms.actions.sign_up import sign_up
from mailflatrate.apps.forms.defence import SubmissionProof, VisitorProof
from mailflatrate.apps.forms.submissions import Submission


def test_a_submission_without_a_ticked_box_is_no_consent() -> None:
    sent = Submission("dora@briefkasten-lindenhof.de", "en")
    assert not sent.list_ids
    for proof in VisitorProof:
        with pytest.raises(ValueError, match="no consent"):
            sign_up(cast(Any, None), cast(Any, None), sent, SubmissionProof(proof))

"""All writes to cases. `intake` and `report_sources` take reports; `case_handling`, `measures` and `correspondence`
serve the desk; `answers` serves the customer.
"""

from mailflatrate.apps.abuse.actions.answers import Attachment, answer_question
from mailflatrate.apps.abuse.actions.case_handling import (
    add_note,
    attribute,
    close,
    close_loop_cases,
    forget_old_cases,
    reopen,
    take_over,
)
from mailflatrate.apps.abuse.actions.correspondence import write_to_reporter
from mailflatrate.apps.abuse.actions.intake import (
    PageReport,
    ReportMatch,
    find,
    stop_by_proof,
    take_mail,
    take_page_report,
    waiting_mail,
)
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder, take_measure
from mailflatrate.apps.abuse.actions.report_sources import (
    ByHand,
    collect_denials,
    file_figures,
    open_by_hand,
    open_contest,
    open_from_mail,
    put_mail_away,
)

__all__ = [
    "Attachment",
    "ByHand",
    "CaseAction",
    "MeasureOrder",
    "PageReport",
    "ReportMatch",
    "add_note",
    "answer_question",
    "attribute",
    "close",
    "close_loop_cases",
    "collect_denials",
    "file_figures",
    "find",
    "forget_old_cases",
    "open_by_hand",
    "open_contest",
    "open_from_mail",
    "put_mail_away",
    "reopen",
    "stop_by_proof",
    "take_mail",
    "take_measure",
    "take_over",
    "take_page_report",
    "waiting_mail",
    "write_to_reporter",
]

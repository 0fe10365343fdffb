"""Questions to answer before an import can start."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.reading.column_survey import Survey, decided_order
from mailflatrate.apps.intake.reading.columns import CLOCKS, TIMES, Columns, ColumnTarget, is_explained, suggest_mapping
from mailflatrate.apps.intake.reading.import_options import BY_ROW, ImportTerms, name_asks
from mailflatrate.apps.intake.reading.no_rows import UnreadNoes
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.rules.contacts.timestamps import DayOrder
from mailflatrate.rules.fields.proposals import propose_type
from mailflatrate.rules.fields.values import FIELD_TYPES
from mailflatrate.rules.prior_status.column_kind import ColumnGuess, guess_column
from mailflatrate.rules.prior_status.columns import StatusField, read_title
from mailflatrate.rules.prior_status.status_words import NO
from mailflatrate.rules.systems.codes import code_table
from mailflatrate.rules.systems.profile import SystemProfile

STATUS = "status"
FILE = "file"
DATE_ORDER = "date_order"
UNREAD_NOES = "unread_noes"


@dataclass(frozen=True, slots=True)
class Question:
    """`about`: STATUS, FILE, DATE_ORDER or UNREAD_NOES; `column`: its title, if any."""

    about: str
    column: str
    sentence: str


class ImportAsks(ImportProblem):
    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__(" ".join(question.sentence for question in questions))
        self.questions = tuple(questions)


def find_questions(
    header: Sequence[str],
    survey: Survey,
    columns: Columns,
    terms: ImportTerms,
    file_name: str,
    system: SystemProfile | None = None,
) -> list[Question]:
    questions = []
    is_by_row = system is not None and system.file_says(file_name) == BY_ROW
    if not terms.all_rows and not is_by_row and (hint := name_asks(file_name)):
        questions.append(Question(FILE, "", _file_sentence(file_name, hint)))
    if terms.status_of_all in NO:
        return questions  # whatever a cell says, nobody in this file is mailed
    spoken = {column.index for column in columns.statuses}
    spoken |= {columns.targets[clock] for clock in CLOCKS.values() if clock in columns.targets}
    suggested = suggest_mapping(header, survey.profiles, system)
    ours = {suggested[target] for target in ColumnTarget if target in suggested}
    times = {columns.targets[target] for target in TIMES if target in columns.targets}
    for at, title in enumerate(header):
        profile = survey.profiles[at]
        if at in times and profile.is_yes_or_no:
            raise ImportProblem(
                _("“%(title)s” contains yes and no, not dates; map it to “state”, or leave it out") % {"title": title}
            )
        guess, field = guess_column(title, profile, code_table(title, header, system))
        is_its_time = at in times and profile.is_times and field is StatusField.STATE
        if at in spoken or title in terms.no_status or is_its_time or is_explained(system, title):
            continue
        # A last name may be a single character; a title that we know says more than a mark.
        if guess is not ColumnGuess.NOTHING and not (profile.is_marks and title in ours and read_title(title) is None):
            questions.append(Question(STATUS, title, _status_sentence(title)))
    return questions


Search = Callable[[Sequence[int]], Mapping[int, frozenset[DayOrder]]]
"""Further into a file, for columns whose first rows leave their order open."""


def settle_orders(
    header: Sequence[str], survey: Survey, columns: Columns, terms: ImportTerms, search: Search
) -> dict[str, str]:
    """Title -> DAY_FIRST or MONTH_FIRST. Raises ImportAsks if neither a cell nor the customer decides it."""
    orders, questions = find_orders(header, survey, columns, terms, search)
    if questions:
        raise ImportAsks(questions)
    return orders


def find_orders(
    header: Sequence[str], survey: Survey, columns: Columns, terms: ImportTerms, search: Search
) -> tuple[dict[str, str], list[Question]]:
    """Decided orders, and a question for each undecided column of proof or new dates."""
    asked = {columns.targets[target] for target in TIMES if target in columns.targets}
    asked |= {at for key, at in columns.attributes if _is_dates(key, header[at], survey.types[at], terms)}
    names_opt_outs = {column.index for column in columns.statuses} | set(columns.changes)
    orders_by_column = {at: set(survey.orders[at]) for at in asked | names_opt_outs}
    unsure = [at for at in sorted(asked) if decided_order(orders_by_column[at]) is DayOrder.EITHER]
    if unsure := [at for at in unsure if not _stated_order(terms, header[at])]:
        for at, more_orders in search(unsure).items():
            orders_by_column[at] |= more_orders
    orders: dict[str, str] = {}
    questions = []
    for at in sorted(asked | names_opt_outs):
        decided = decided_order(orders_by_column[at])
        title = header[at]
        stated = _stated_order(terms, title)
        if title in terms.date_orders or (decided is DayOrder.EITHER and stated):
            decided = DayOrder(stated)
        if decided is DayOrder.EITHER:
            if at in asked:
                questions.append(Question(DATE_ORDER, title, _order_sentence(title)))
        elif decided is not None:
            orders[title] = decided.value
    return orders, questions


def _is_dates(key: str, title: str, suited: Sequence[str], terms: ImportTerms) -> bool:
    name = terms.field_types.get(title)
    return (FIELD_TYPES[name] if name else propose_type(key, suited, title)).is_date


def ask_about(unread: UnreadNoes) -> str:
    rows = ", ".join(map(str, unread.lines)) + (", …" if unread.rows > len(unread.lines) else "")
    return _(
        "These rows opt someone out, but no address can be found in them: %(rows)s (%(count)d in total). Add the "
        "addresses and upload the file again, or confirm that these rows may be left out."
    ) % {"rows": rows, "count": unread.rows}


def _stated_order(terms: ImportTerms, title: str) -> str:
    """By the customer, or as its system always writes."""
    system = terms.profile
    return terms.date_orders.get(title) or terms.date_order or (system.date_order if system is not None else "")


def _file_sentence(file_name: str, hint: str) -> str:
    return _(
        "The name “%(name)s” suggests that these people don't want email (%(hint)s). Choose one status for all "
        "rows, or let each row state its own."
    ) % {"name": file_name, "hint": hint}


def _status_sentence(title: str) -> str:
    return _(
        "“%(title)s” looks like it says who may be emailed. Map it to a status field, or explain why it isn't one."
    ) % {"title": title}


def _order_sentence(title: str) -> str:
    return _(
        "Dates such as 03/04/2026 in “%(title)s” can be read two ways. Choose whether the day or the month comes first."
    ) % {"title": title}

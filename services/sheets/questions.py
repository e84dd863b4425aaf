"""Questions in words to the tables that a person may read: which table is meant, what it is asked, what it answers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.entities.people import Principal
from core.entities.sheets import Sheet
from core.i18n import N_
from data.database import Database
from data.transaction import Stores
from niches.plan import Refusal
from niches.results import Answer
from niches.sheets.answers import answered, how
from niches.sheets.grammar import Understood, understand
from niches.sheets.plan import SheetPlan, bind
from niches.sheets.reading import Names

WHICH_TABLE = N_("More than one table answers this. Say which one you mean.")
_SHOWN = 100  # rows of an answer
_SURE = 2  # names of a table in a question that is not put to a file of its own
_LOOKED_UP = 3  # tables whose texts are too many to be listed and are searched instead
_KEPT = 500


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """`how` says the query in words; `plan` and `sheet` are None, and `answer.refusal` is set, where there is none."""

    answer: Answer
    how: str = ""
    plan: SheetPlan | None = None
    sheet: Sheet | None = None


class SheetQuestions:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._names: OrderedDict[int, Names] = OrderedDict()

    def ask(
        self, principal: Principal, question: str, language: str, *, among: Sequence[UUID] = (), collection: str = ""
    ) -> SheetAnswer | None:
        """The answer of the table that is meant, of these documents or else of a collection. A question to documents
        by name is refused with the closest choices where a part of it is unknown; None: it is not about figures."""
        with self._db.read() as tx:
            read = self._read(tx, question, self._readable(tx, principal, among, collection))
        meant = _meant(read, 0 if among else _SURE)
        if isinstance(meant, Refusal):
            return SheetAnswer(Answer(question, refusal=meant))
        if meant is None:
            refused = _closest([one for _, one in read]) if among else None
            return SheetAnswer(Answer(question, refusal=refused)) if refused else None
        with self._db.begin() as tx:
            return self._run(tx, question, *meant, language)

    def run(
        self, principal: Principal, question: str, document_id: UUID, plan: SheetPlan, language: str
    ) -> SheetAnswer:
        """What a plan finds, whoever made it; raises `NotFound` for a table that the caller may not read."""
        with self._db.begin() as tx:
            return self._run(tx, question, tx.sheets.find(principal, document_id, plan.table), plan, language)

    def about(self, principal: Principal, question: str, among: Sequence[UUID], *, every: bool) -> list[Sheet]:
        """The tables of these documents that the question names something of, the most first; with `every` the others
        after them."""
        with self._db.read() as tx:
            read = [(names.sheet, understand(question, names)) for names in self._readable(tx, principal, among, "")]
        return [sheet for sheet, one in sorted(read, key=lambda one: -one[1].explained) if every or one.explained]

    def _run(self, tx: Stores, question: str, sheet: Sheet, plan: SheetPlan, language: str) -> SheetAnswer:
        plan = plan.model_copy(update={"n": min(plan.n, _SHOWN), "offset": 0})
        query = bind(plan, sheet)
        if isinstance(query, Refusal):
            return SheetAnswer(Answer(question, refusal=query), sheet=sheet)
        found = tx.sheets.run(sheet, query)
        return SheetAnswer(answered(question, sheet, plan, found, language), how(sheet, plan, language), plan, sheet)

    def _readable(self, tx: Stores, principal: Principal, among: Sequence[UUID], collection: str) -> list[Names]:
        """Read from the database once: what a table holds never changes, a changed one has another id."""
        if not among and not collection:
            return []
        ids = tx.sheets.readable_ids(principal, among=among, collection=collection)
        with self._lock:
            missing = [one for one in ids if one not in self._names]
        read = {sheet.id: Names(sheet) for sheet in tx.sheets.by_ids(missing)} if missing else {}
        with self._lock:
            self._names.update(read)
            kept = [self._names[one] for one in ids if one in self._names]
            while len(self._names) > _KEPT:
                self._names.popitem(last=False)
        return kept

    def _read(self, tx: Stores, question: str, known: Sequence[Names]) -> list[tuple[Sheet, Understood]]:
        read = [(names, understand(question, names)) for names in known]
        half = [at for at, (_, one) in enumerate(read) if one.plan is None and one.unknown and one.explained]
        for at in sorted(half, key=lambda one: -read[one][1].explained)[:_LOOKED_UP]:
            read[at] = (read[at][0], _looked_up(tx, question, read[at][0].sheet) or read[at][1])
        return [(names.sheet, one) for names, one in read]


def _looked_up(tx: Stores, question: str, sheet: Sheet) -> Understood | None:
    """With the texts that stand in the question as they are, of columns that have too many to be listed."""
    names = Names(sheet)
    found = False
    for place, column in enumerate(sheet.columns):
        if column.kind == "text" and column.filled and not column.values:
            values = tx.sheets.named_in(sheet, place, question)
            names.add_values(place, values)
            found = found or bool(values)
    return understand(question, names) if found else None


def _meant(read: Sequence[tuple[Sheet, Understood]], least: int) -> tuple[Sheet, SheetPlan] | Refusal | None:
    """The table that explains the most of the question; a Refusal where two of them do."""
    able = [(sheet, one) for sheet, one in read if one.plan is not None and one.explained >= least]
    if not able:
        return None
    most = max(one.explained for _, one in able)
    best = [(sheet, one) for sheet, one in able if one.explained == most]
    if len(best) > 1:
        several = len({sheet.document_id for sheet, _ in best}) > 1
        titles = [sheet.document or sheet.filename if several else sheet.title for sheet, _ in best]
        if len(set(titles)) == len(titles):
            return Refusal("question", WHICH_TABLE, {}, tuple(titles[:6]))
    sheet, one = best[0]
    assert one.plan is not None  # noqa: S101 - only such are able
    return sheet, one.plan


def _closest(read: Sequence[Understood]) -> Refusal | None:
    refused = [one for one in read if one.refusal is not None]
    return max(refused, key=lambda one: one.explained).refusal if refused else None

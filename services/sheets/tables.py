"""Tables of spreadsheets, for whom the document is: what they hold, what a query finds, corrections of types."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.entities.corpora import Document, Stage
from core.entities.people import Principal
from core.entities.sheets import Correction, Kind, Sheet, SheetRows
from core.errors import BadInput, Forbidden, NotFound
from core.i18n import N_
from data.database import Database
from niches.plan import Refusal
from niches.results import Answer
from niches.sheets.plan import SheetPlan, bind
from rag import tables
from services.files.documents import Documents
from services.files.parses import Parses
from services.sheets.exports import MOST_ROWS
from services.sheets.making import SheetMaking
from services.sheets.questions import SheetAnswer, SheetQuestions

_SECONDS, _WHOLE_SECONDS = 10.0, 60.0
CHOICES = N_("%(problem)s Closest choices: %(choices)s.")
NOT_ABOUT = N_("This is not a question about the figures of this document's tables.")
NO_PLACE = N_("The table has no column number %(n)s.")


class Sheets:
    """Every method raises `NotFound` for a document that the caller may not read, and for one that is not ready."""

    def __init__(self, db: Database, documents: Documents, parses: Parses, making: SheetMaking) -> None:
        self._db, self._documents, self._parses, self._making = db, documents, parses, making
        self.questions = SheetQuestions(db)

    # --- looking ----------------------------------------------------------------------------------------------------

    def list(self, principal: Principal, document_id: UUID) -> tuple[list[Sheet], str]:
        """The tables of a document, and the sentence that says why there are none where making them failed; those of a
        document that went in before there were any are made now."""
        document = self._documents.get(principal, document_id)
        if document.stage is not Stage.READY:
            raise NotFound
        if tables.has_tables(document.filename):
            self._making.keep(document, lambda: self._parses.get(document.sha256, document.filename))
        with self._db.begin() as tx:
            return tx.sheets.of_document(principal, document_id), tx.sheets.layout(document_id)[1]

    def get(self, principal: Principal, document_id: UUID, n: int) -> Sheet:
        with self._db.begin() as tx:
            return tx.sheets.find(principal, document_id, n)

    def run(
        self, principal: Principal, document_id: UUID, plan: SheetPlan, *, whole: bool = False
    ) -> tuple[Sheet, SheetRows]:
        """`whole` takes all rows, for a file. Raises `BadInput`, with the closest columns, for what the table has no
        column or no values for."""
        with self._db.begin() as tx:
            sheet = tx.sheets.find(principal, document_id, plan.table)
            query = bind(plan, sheet)
            if isinstance(query, Refusal):
                raise refused(query)
            if whole:
                query = replace(query, limit=MOST_ROWS, offset=0)
            return sheet, tx.sheets.run(sheet, query, seconds=_WHOLE_SECONDS if whole else _SECONDS)

    def ask(self, principal: Principal, document_id: UUID, question: str, language: str) -> SheetAnswer:
        """The answer of one document's tables to a question in words, or its refusal."""
        self.list(principal, document_id)
        found = self.questions.ask(principal, question, language, among=[document_id])
        return found or SheetAnswer(Answer(question, refusal=Refusal("question", NOT_ABOUT, {})))

    # --- correcting -------------------------------------------------------------------------------------------------

    def may_correct(self, principal: Principal, document: Document) -> bool:
        return self._documents.may_delete(principal, document)

    def correct(self, principal: Principal, document_id: UUID, n: int, column: int, kind: Kind) -> Sheet:
        """Reads a column as another kind, for everybody; for who may delete the document. Cells that do not fit are
        empty then, and counted."""
        document = self._documents.get(principal, document_id)
        if not self.may_correct(principal, document):
            raise Forbidden
        self.list(principal, document_id)  # of a newer recogniser than those that are kept, it may be
        named = _column(self.get(principal, document_id, n), column)
        parsed = self._parses.get(document.sha256, document.filename)
        self._making.make(document, parsed, Correction(*named, kind))
        with self._db.begin() as tx:
            tx.audit.write(principal, "document.column", "document", document_id, table=n, column=column, kind=kind)
            return tx.sheets.find(principal, document_id, n)


def refused(refusal: Refusal) -> BadInput:
    """The refusal as an error; with choices its sentence names them."""
    problem = refusal.sentence % refusal.values
    if not refusal.choices:
        return BadInput(refusal.sentence, **refusal.values)
    return BadInput(CHOICES, problem=problem, choices=", ".join(refusal.choices))


def _column(sheet: Sheet, place: int) -> tuple[str, str]:
    """The title of the table, and the name of the column as the file has it."""
    if not 0 <= place < len(sheet.columns):
        raise BadInput(NO_PLACE, n=place)
    return sheet.title, sheet.columns[place].header or sheet.columns[place].name

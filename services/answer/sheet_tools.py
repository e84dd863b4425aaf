"""The tables of spreadsheets for scenarios, bound to one person, one language, and the files that are asked."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.entities.sheets import Sheet
from core.errors import NotFound
from core.i18n import translate
from data.database import Database
from niches.sheets.plan import SheetPlan
from niches.snapshots import snapshot
from rag.readable import Readable
from scenarios.tools import Tabled, TableOffered
from services.corpora.collections import Collections
from services.sheets.questions import SheetAnswer, SheetQuestions

_OFFERED = 4  # tables that a model is told of
_LOOKED_AT = 400  # passages of a document, for the one to cite


class SheetTools:
    """`among` are the files dropped into the conversation, `collection` what is asked where there are none; with
    neither nothing is asked."""

    def __init__(
        self,
        db: Database,
        collections: Collections,
        questions: SheetQuestions,
        principal: Principal,
        language: str,
        among: Sequence[UUID],
        collection: str,
    ) -> None:
        self._db, self._collections, self._questions = db, collections, questions
        self._principal, self._language = principal, language
        self._among, self._collection = among, collection

    def ask(self, question: str) -> Tabled | None:
        found = self._questions.ask(
            self._principal, question, self._language, among=self._among, collection=self._collection
        )
        return self._tabled(found) if found else None

    def run(self, document_id: str, plan: SheetPlan, question: str) -> Tabled | None:
        try:
            found = self._questions.run(self._principal, question, UUID(document_id), plan, self._language)
        except (NotFound, ValueError):
            return None
        return self._tabled(found)

    def offered(self, question: str, documents: Sequence[UUID]) -> Sequence[TableOffered]:
        asked = self._among or (documents if self._collection else ())
        if not asked:
            return ()
        found = self._questions.about(self._principal, question, asked, every=bool(self._among))
        return [_offered(one) for one in found[:_OFFERED]]

    def _tabled(self, found: SheetAnswer) -> Tabled:
        refusal = found.answer.refusal
        if refusal is not None or found.sheet is None:
            sentence = translate(self._language, refusal.sentence, **refusal.values) if refusal else ""
            values = refusal.values if refusal else {}
            return Tabled(sentence, choices=refusal.choices if refusal else (), unknown=values.get("name", ""))
        return Tabled(found.answer.text, found.how, snapshot(found.answer), self._cited(found))

    def _cited(self, found: SheetAnswer) -> Retrieval | None:
        """The passage of the document that shows the first row that was found, else the first of its table."""
        sheet, rows = found.sheet, found.answer.table.rows if found.answer.table else ()
        assert sheet is not None  # noqa: S101 - the caller has looked
        with self._db.begin() as tx:
            document = tx.documents.find(self._principal, sheet.document_id)
            collection = self._collections.find(tx, self._principal, document.collection)
            chunks = tx.chunks.of_document(collection.version.id, document.id)[:_LOOKED_AT]
        texts = [str(cell) for cell in rows[0] if cell is not None] if rows else []

        def shows(text: str, heading: str) -> tuple[bool, int]:
            return not sheet.title or sheet.title in heading, sum(one in text for one in texts)

        best = max(chunks, key=lambda one: shows(one[1].text, one[1].heading), default=None)
        if best is None:
            return None
        passages = Readable(self._db, collection.version, self._principal).passages([best[0]])
        shown = tuple(passages.values())
        return Retrieval(found.answer.question, self._language, shown, 1.0, 0.0, 0.0) if shown else None


def _offered(sheet: Sheet) -> TableOffered:
    columns = tuple(
        f"{one.name} ({one.kind}{f', {one.unit}' if one.unit else ''})"
        + (f": {', '.join(one.values[:12])}" if one.values else "")
        for one in sheet.columns
    )
    return TableOffered(str(sheet.document_id), sheet.n, sheet.title or sheet.document, columns, sheet.rows)

"""Corpora of several languages in one instance: each document is found by the forms of its own language."""

from __future__ import annotations

import pytest

from core.entities.corpora import CollectionKind
from services.container import Services
from tests.desk import Desk

# A document, and a question that shares no word form with it but the stems.
TEXTS = {
    "de": (
        "Die Verträge der Mitarbeiter werden schriftlich gekündigt. Rechnungen verschickt die Buchhaltung monatlich.",
        "Wann verschicken Buchhalterinnen eine Rechnung?",
    ),
    "fr": (
        "Les factures impayées sont relancées après trente jours. Les contrats signés restent archivés dix années.",
        "Combien de temps archiver un contrat signé ?",
    ),
    "es": (
        "Las facturas pendientes se reclaman después de treinta días. Los contratos firmados se archivan diez años.",
        "¿Dónde archivar un contrato firmado?",
    ),
}
CORPORA = {
    "english": ("Refunds are paid within fourteen days, and the customers are told by mail.", "refunding a customer"),
    "russian": ("Договоры расторгаются письменно, уведомления отправляются заранее.", "как расторгнуть договор"),
}


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def test_two_language_corpora_stand_side_by_side(desk: Desk) -> None:
    for name, (text, _) in CORPORA.items():
        desk.services.collections.create(desk.admin, name, name.title(), CollectionKind.DOCUMENTS)
        desk.index(desk.admin, text, f"{name}.txt", name)
    for name, (text, question) in CORPORA.items():
        found = desk.services.search.search(desk.sales, name, question)
        assert [(one.text, one.lexical) for one in found.passages] == [(text, 1)]
        assert (found.language, found.degraded) == (name[:2], False)
        # A question in the language of the other corpus finds nothing of it here.
        other = next(asked for other, (_, asked) in CORPORA.items() if other != name)
        assert not any(one.lexical for one in desk.services.search.search(desk.sales, name, other).passages)


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_a_document_gets_the_stemmer_of_its_language(desk: Desk, language: str) -> None:
    """All three, and English and Russian ones, are in one collection."""
    texts = {code: text for code, (text, _) in TEXTS.items()} | {name[:2]: text for name, (text, _) in CORPORA.items()}
    documents = {code: desk.index(desk.sales, text, f"{code}.txt") for code, text in texts.items()}
    assert {code: one.language for code, one in documents.items()} == {code: code for code in texts}
    question = TEXTS[language][1]
    best = desk.services.search.search(desk.sales, "documents", question).passages[0]
    assert (best.document_id, best.language, best.lexical) == (documents[language].id, language, 1)

"""Builds the services once per process; `current()` is the only singleton of the product."""

from __future__ import annotations

from dataclasses import dataclass

from core.secrets import cipher
from core.settings import ROOT, Settings
from data.database import Database
from rag.embedder import Embedder
from rag.lexical import Lexical
from rag.parsing import Parser
from rag.questions import Questions
from rag.retrieval import Retriever
from rag.vectors import Vectors
from scenarios.router import Router
from services.accounts import Accounts
from services.admission import Admission
from services.audit import Audit
from services.batching import Traffic
from services.blobs import Blobs
from services.collections import Collections
from services.conversations import Conversations
from services.corpora import Corpora
from services.credentials import Passwords
from services.documents import Documents
from services.engine import Engine
from services.fingerprints import Fingerprints
from services.guardrails import Guardrails
from services.health import Health
from services.images import PageImages
from services.indexing import Indexing
from services.ingestion import Ingestion
from services.keys import Keys
from services.limits import Limits
from services.mail import Mail
from services.niche_catalogue import NicheCatalogue
from services.niche_import import NicheImport
from services.niches import Niches
from services.parses import Parses
from services.passages import Passages
from services.people import People
from services.playground import Playground
from services.policy import Policy
from services.providers import Providers
from services.publishing import Publishing
from services.rates import Rates
from services.reindexing import Reindexing
from services.removal import Removal
from services.routing import Routing
from services.search import Search
from services.sessions import Sessions
from services.sweeps import Sweeps
from services.turns import Turns
from services.upkeep import Upkeep
from services.warming import register_engine


@dataclass(frozen=True)
class Services:
    """What pages, api, jobs and voice call."""

    settings: Settings
    db: Database
    health: Health
    rates: Rates
    mail: Mail
    accounts: Accounts
    people: People
    keys: Keys
    sessions: Sessions
    audit: Audit
    vectors: Vectors
    lexical: Lexical
    embedder: Embedder
    questions: Questions
    indexing: Indexing
    search: Search
    collections: Collections
    documents: Documents
    ingestion: Ingestion
    reindexing: Reindexing
    corpora: Corpora
    niche_catalogue: NicheCatalogue
    niche_import: NicheImport
    niches: Niches
    upkeep: Upkeep
    guardrails: Guardrails
    limits: Limits
    routing: Routing
    conversations: Conversations
    turns: Turns
    playground: Playground
    sweeps: Sweeps
    providers: Providers

    def close(self) -> None:
        self.playground.close()
        self.turns.close()
        self.ingestion.stop()
        self.embedder.close()
        self.vectors.close()
        self.db.close()


_current: Services | None = None


def build(settings: Settings, database_url: str) -> Services:
    """Wires the services over the database at `database_url`; opens no connection and loads no model."""
    db = Database(database_url, cipher(settings))
    rates = Rates(db)
    mail = Mail(db, settings)
    passwords = Passwords()
    accounts = Accounts(db, settings, mail, rates, passwords)
    keys = Keys(db)
    vectors, lexical, embedder = Vectors(settings), Lexical(settings.var_dir / "lexical"), Embedder(settings)
    indexing, questions = Indexing(db, vectors, lexical), Questions(settings)
    blobs, fingerprints = Blobs(settings.blobs_url), Fingerprints(settings)
    collections = Collections(db, fingerprints)
    traffic = Traffic()
    parses, passages, images = Parses(blobs, Parser()), Passages(embedder, traffic), PageImages(blobs)
    publishing = Publishing(db, vectors, lexical, indexing, traffic)
    ingestion = Ingestion(db, parses, passages, publishing, fingerprints, traffic)
    removal = Removal(db, blobs, vectors, lexical, indexing, images)
    search = Search(db, collections, indexing, Retriever(vectors, lexical, questions))
    niche_catalogue = NicheCatalogue(db, questions)
    engine = Engine(settings, lambda: Policy.read(db, settings))
    playground = Playground(db, engine, collections, search.for_answer)
    guardrails, limits = Guardrails(db), Limits(db)
    health = Health(db, settings)
    register_engine(health, questions, indexing)
    return Services(
        settings=settings,
        db=db,
        health=health,
        rates=rates,
        mail=mail,
        accounts=accounts,
        people=People(db, settings, mail, accounts, passwords),
        keys=keys,
        sessions=Sessions(db, keys),
        audit=Audit(db),
        vectors=vectors,
        lexical=lexical,
        embedder=embedder,
        questions=questions,
        indexing=indexing,
        search=search,
        collections=collections,
        documents=Documents(db, blobs, collections, fingerprints, images, removal),
        ingestion=ingestion,
        reindexing=Reindexing(db, parses, passages, fingerprints, vectors, lexical, indexing),
        corpora=Corpora(db, blobs, ingestion, removal, ROOT / "data" / "corpora"),
        niche_catalogue=niche_catalogue,
        niche_import=NicheImport(db, blobs),
        niches=Niches(db, niche_catalogue),
        upkeep=Upkeep(db),
        guardrails=guardrails,
        limits=limits,
        routing=Routing(db, Router()),
        conversations=Conversations(db),
        turns=Turns(settings, db, collections, search.for_answer, engine, Admission(guardrails, limits)),
        playground=playground,
        sweeps=Sweeps(db, engine, playground),
        providers=Providers(db, engine),
    )


def install(services: Services | None) -> None:
    global _current
    _current = services


def current() -> Services:
    if _current is None:
        from core.errors import NotReady

        raise NotReady
    return _current

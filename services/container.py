"""Builds the services once per process; `current()` is the only singleton of the product."""

from __future__ import annotations

from dataclasses import dataclass

from core.secrets import cipher
from core.settings import ROOT, Settings
from data.database import Database
from rag.embedders import Embedders
from rag.lexical import Lexical
from rag.parsing import Parser
from rag.questions import Questions
from rag.reranking import Reranker
from rag.retrieval import Retriever
from rag.vectors import Vectors
from scenarios.router import Router
from services.access import Access
from services.accounts import Accounts
from services.admission import Admission
from services.allowlist import Allowlist
from services.answer.cache import Retrievals
from services.archives import Archives
from services.attachments import Attachments
from services.audit import Audit
from services.blobs import Blobs
from services.building import Building
from services.codes import Codes
from services.collections import Collections
from services.comparing import Comparing
from services.conversations import Conversations
from services.corpora import Corpora
from services.credentials import Passwords
from services.documents import Documents
from services.embeddings import Embeddings
from services.engine import Engine
from services.enrolment import Enrolment
from services.evaluation import EvaluationRuns
from services.exams import Exams
from services.feedback import FeedbackDesk
from services.fingerprints import Fingerprints
from services.footprints import Footprints
from services.gate import Gate
from services.golden import Golden
from services.guardrails import Guardrails
from services.health import Health
from services.images import PageImages
from services.indexing import Indexing
from services.ingestion import Ingestion
from services.intake import Intake
from services.keys import Keys
from services.lab import Lab
from services.ledger import Ledger
from services.limits import Limits
from services.mail import Mail
from services.measuring import Measuring
from services.niche_catalogue import NicheCatalogue
from services.niche_demo import NicheDemo
from services.niche_import import NicheImport
from services.niche_import_job import NicheImportJob
from services.niche_plans import NichePlans
from services.niche_questions import NicheQuestions
from services.niche_views import NicheViews
from services.niches import Niches
from services.parses import Parses
from services.passages import Passages
from services.people import People
from services.playground import Playground
from services.policy import Policy
from services.preview import Previews
from services.prompts import Prompts
from services.providers import Providers
from services.publishing import Publishing
from services.quarantine import Quarantine
from services.rates import Rates
from services.reconciling import Reconciling
from services.registration import Registration
from services.reindexing import Reindexing
from services.removal import Removal
from services.retirement import Retirement
from services.routing import Routing
from services.search import Search
from services.sessions import Sessions
from services.sharing import Sharing
from services.sheet_making import SheetMaking
from services.sheets import Sheets
from services.small_talk import SmallTalk
from services.source_intake import SourceIntake
from services.source_refresh import SourceRefresh
from services.sources import Sources
from services.summaries import Summaries
from services.sweeps import Sweeps
from services.templates import Templates
from services.transcripts import Transcripts
from services.tuning import Tuning
from services.turns import Turns
from services.upkeep import Upkeep
from services.usage import UsageReports
from services.verification import Verification
from services.versions import Versions
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
    codes: Codes
    enrolment: Enrolment
    allowlist: Allowlist
    registration: Registration
    summaries: Summaries
    people: People
    keys: Keys
    sessions: Sessions
    audit: Audit
    vectors: Vectors
    lexical: Lexical
    embedders: Embedders
    questions: Questions
    indexing: Indexing
    search: Search
    golden: Golden
    evaluation: EvaluationRuns
    gate: Gate
    lab: Lab
    tuning: Tuning
    collections: Collections
    documents: Documents
    archives: Archives
    ledger: Ledger
    quarantine: Quarantine
    ingestion: Ingestion
    access: Access
    sheets: Sheets
    sources: Sources
    source_refresh: SourceRefresh
    embeddings: Embeddings
    comparing: Comparing
    versions: Versions
    previews: Previews
    reindexing: Reindexing
    reconciling: Reconciling
    retirement: Retirement
    footprints: Footprints
    corpora: Corpora
    niche_catalogue: NicheCatalogue
    niche_import: NicheImport
    niche_import_job: NicheImportJob
    niche_demo: NicheDemo
    niches: Niches
    niche_views: NicheViews
    upkeep: Upkeep
    guardrails: Guardrails
    limits: Limits
    usage: UsageReports
    routing: Routing
    conversations: Conversations
    attachments: Attachments
    sharing: Sharing
    feedback: FeedbackDesk
    transcripts: Transcripts
    templates: Templates
    prompts: Prompts
    turns: Turns
    playground: Playground
    sweeps: Sweeps
    providers: Providers

    def close(self) -> None:
        self.playground.close()
        self.turns.close()
        self.evaluation.stop()
        self.ingestion.stop()
        self.reindexing.stop()
        self.ingestion.close()
        self.embedders.close()
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
    vectors, lexical, embedders = Vectors(settings), Lexical(settings.var_dir / "lexical"), Embedders(settings)
    indexing, questions = Indexing(db, vectors, lexical), Questions(settings)
    blobs, fingerprints, embeddings = Blobs(settings.blobs_url), Fingerprints(settings), Embeddings(settings)
    collections = Collections(db, fingerprints)
    parser = Parser()
    parses, passages, images = Parses(blobs, parser), Passages(embedders), PageImages(blobs)
    sheet_making = SheetMaking(db, parser)
    publishing = Publishing(db, vectors, lexical, indexing)
    retrievals = Retrievals()
    removal = Removal(db, blobs, vectors, lexical, indexing, images, retrievals)
    quarantine = Quarantine(db, removal)
    ingestion = Ingestion(db, parses, passages, publishing, fingerprints, quarantine, sheet_making)
    intake = Intake(db, blobs, collections, fingerprints, settings)
    reranker = Reranker(settings)
    retriever = Retriever(vectors, lexical, questions, reranker)
    search = Search(db, collections, indexing, retriever)
    measuring = Measuring(db, indexing, search, retriever)
    evaluation = EvaluationRuns(db, collections, measuring)
    gate = Gate(db, collections, measuring)
    comparing = Comparing(db, vectors, lexical, indexing, passages)
    verification = Verification(db, vectors, lexical, passages, fingerprints, comparing, gate.outcome)
    building = Building(db, parses, passages, fingerprints, vectors)
    reindexing = Reindexing(db, building, verification, comparing, fingerprints, vectors, lexical, questions)
    source_refresh = SourceRefresh(db, settings, SourceIntake(db, blobs, removal))
    niche_catalogue = NicheCatalogue(db, questions)
    engine = Engine(settings, lambda: Policy.read(db, settings))
    guardrails, limits = Guardrails(db), Limits(db)
    playground = Playground(db, engine, collections, search.for_answer, limits, guardrails)
    conversations = Conversations(db)
    codes, enrolment = Codes(db, settings, mail, rates), Enrolment(db, settings, mail, rates, passwords)
    registration = Registration(db, codes, enrolment, niche_catalogue)
    documents = Documents(db, blobs, intake, images, removal)
    sheets = Sheets(db, documents, parses, sheet_making)
    niches = Niches(db, niche_catalogue, NicheQuestions(db, niche_catalogue, NichePlans(db, engine, limits)))
    routing, prompts = Routing(db, Router()), Prompts(db)
    summaries = Summaries(db, engine, guardrails)
    turns = Turns(
        settings,
        db,
        collections,
        search.for_answer,
        engine,
        Admission(db, guardrails, limits),
        routing=routing,
        niches=niches,
        prompts=prompts,
        memory=summaries.context,
        retrievals=retrievals,
        carriers={**registration.carriers, **SmallTalk(db, settings).carriers},
    )
    health = Health(db, settings)
    register_engine(health, db, questions, indexing)
    return Services(
        settings=settings,
        db=db,
        health=health,
        rates=rates,
        mail=mail,
        accounts=accounts,
        codes=codes,
        enrolment=enrolment,
        allowlist=Allowlist(db),
        registration=registration,
        summaries=summaries,
        people=People(db, settings, mail, accounts, passwords),
        keys=keys,
        sessions=Sessions(db, keys),
        audit=Audit(db),
        vectors=vectors,
        lexical=lexical,
        embedders=embedders,
        questions=questions,
        indexing=indexing,
        search=search,
        golden=Golden(db, collections),
        evaluation=evaluation,
        gate=gate,
        lab=Lab(db, collections, search, retriever, reranker, evaluation),
        tuning=Tuning(db, collections, search, retriever),
        collections=collections,
        documents=documents,
        archives=Archives(db, blobs, intake, settings),
        ledger=Ledger(db),
        quarantine=quarantine,
        ingestion=ingestion,
        access=Access(db, search),
        sheets=sheets,
        sources=Sources(db, collections, source_refresh),
        source_refresh=source_refresh,
        embeddings=embeddings,
        comparing=comparing,
        versions=Versions(db, settings, fingerprints, embeddings),
        previews=Previews(db, parses, passages, fingerprints, embeddings),
        reindexing=reindexing,
        reconciling=Reconciling(db, blobs, vectors, lexical, comparing),
        retirement=Retirement(db, settings, reindexing),
        footprints=Footprints(db, vectors, lexical),
        corpora=Corpora(db, blobs, ingestion, removal, ROOT / "data" / "corpora"),
        niche_catalogue=niche_catalogue,
        niche_import=NicheImport(db, blobs),
        niche_import_job=NicheImportJob(db, blobs),
        niche_demo=NicheDemo(db),
        niches=niches,
        niche_views=NicheViews(db),
        upkeep=Upkeep(db),
        guardrails=guardrails,
        limits=limits,
        usage=UsageReports(db, limits),
        routing=routing,
        conversations=conversations,
        attachments=Attachments(db, documents),
        sharing=Sharing(db),
        feedback=FeedbackDesk(db),
        transcripts=Transcripts(conversations),
        templates=Templates(db),
        prompts=prompts,
        turns=turns,
        playground=playground,
        sweeps=Sweeps(db, engine, playground, Exams(db, collections, playground)),
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

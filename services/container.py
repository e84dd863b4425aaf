"""Builds the services once per process; `current()` is the only singleton of the product."""

from __future__ import annotations

from dataclasses import dataclass

from core.secrets import cipher
from core.settings import ROOT, Settings
from data.database import Database
from rag import embedding
from rag.embedders import Embedders
from rag.lexical import Lexical
from rag.parsing import Parser
from rag.questions import Questions
from rag.reranking import Reranker
from rag.retrieval import Retriever
from rag.spelling import Speller
from rag.vectors import Vectors
from scenarios.router import Router
from services.access import Access
from services.answer.cache import Retrievals
from services.audit import Audit
from services.chat.admission import Admission
from services.chat.attachments import Attachments
from services.chat.conversations import Conversations
from services.chat.feedback import FeedbackDesk
from services.chat.guardrails import Guardrails
from services.chat.limits import Limits
from services.chat.prompts import Prompts
from services.chat.routing import Routing
from services.chat.sharing import Sharing
from services.chat.small_talk import SmallTalk
from services.chat.summaries import Summaries
from services.chat.templates import Templates
from services.chat.transcripts import Transcripts
from services.chat.usage import UsageReports
from services.corpora.building import Building
from services.corpora.collections import Collections
from services.corpora.comparing import Comparing
from services.corpora.deleting import Deleting
from services.corpora.demo import Corpora
from services.corpora.embeddings import Embeddings
from services.corpora.fingerprints import Fingerprints
from services.corpora.footprints import Footprints
from services.corpora.preview import Previews
from services.corpora.reconciling import Reconciling
from services.corpora.reindexing import Reindexing
from services.corpora.retirement import Retirement
from services.corpora.verification import Verification
from services.corpora.versions import Versions
from services.files.archives import Archives
from services.files.blobs import Blobs
from services.files.documents import Documents
from services.files.images import PageImages
from services.files.indexing import Indexing
from services.files.ingestion import Ingestion
from services.files.intake import Intake
from services.files.ledger import Ledger
from services.files.pacing import Pacing
from services.files.parses import Parses
from services.files.passages import Passages
from services.files.publishing import Publishing
from services.files.quarantine import Quarantine
from services.files.removal import Removal
from services.health import Health
from services.identity.accounts import Accounts
from services.identity.allowlist import Allowlist
from services.identity.codes import Codes
from services.identity.credentials import Passwords
from services.identity.enrolment import Enrolment
from services.identity.first_people import FirstPeople
from services.identity.keys import Keys
from services.identity.mail import Mail
from services.identity.people import People
from services.identity.registration import Registration
from services.identity.sessions import Sessions
from services.models.engine import Engine
from services.models.policy import Policy
from services.models.providers import Providers
from services.niches.analytics import Niches
from services.niches.catalogue import NicheCatalogue
from services.niches.demo import NicheDemo
from services.niches.import_job import NicheImportJob
from services.niches.imports import NicheImport
from services.niches.plans import NichePlans
from services.niches.questions import NicheQuestions
from services.niches.views import NicheViews
from services.playground.experiments import Playground
from services.playground.presets import Presets
from services.playground.sweeps import Sweeps
from services.rates import Rates
from services.retrieval.evaluation import EvaluationRuns
from services.retrieval.exams import Exams
from services.retrieval.gate import Gate
from services.retrieval.golden import Golden
from services.retrieval.lab import Lab
from services.retrieval.measuring import Measuring
from services.retrieval.search import Search
from services.retrieval.tuning import Tuning
from services.retrieval.warming import register_engine
from services.sheets.checking import SheetChecking
from services.sheets.making import SheetMaking
from services.sheets.tables import Sheets
from services.sources.intake import SourceIntake
from services.sources.refresh import SourceRefresh
from services.sources.registry import Sources
from services.turns import Turns
from services.upkeep import Upkeep
from services.voice.talking import Voice


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
    first_people: FirstPeople
    keys: Keys
    sessions: Sessions
    audit: Audit
    pacing: Pacing
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
    deleting: Deleting
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
    presets: Presets
    sweeps: Sweeps
    providers: Providers
    voice: Voice

    def close(self) -> None:
        self.health.close()
        self.voice.close()
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
    speller = Speller(lexical, lambda: embedding.tokenizer(settings))
    search = Search(db, collections, indexing, retriever, speller)
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
        search.for_chat,
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
    register_engine(health, db, questions, indexing, vectors)
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
        first_people=FirstPeople(db, settings, passwords),
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
        pacing=Pacing(),
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
        reconciling=Reconciling(db, blobs, vectors, lexical, comparing, SheetChecking(db, parses, sheet_making)),
        retirement=Retirement(db, settings, reindexing),
        deleting=Deleting(db, removal, vectors, lexical, images, retrievals),
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
        presets=Presets(db),
        sweeps=Sweeps(db, engine, playground, Exams(db, collections, playground)),
        providers=Providers(db, engine),
        voice=Voice(engine, limits, rates),
    )


def install(services: Services | None) -> None:
    global _current
    _current = services


def current() -> Services:
    if _current is None:
        from core.errors import NotReady

        raise NotReady
    return _current

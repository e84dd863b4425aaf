"""The stores of one transaction, by the names that services call them."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from core.security import Cipher
from data.stores.allowlist import Allowlist
from data.stores.answers import Answers
from data.stores.attachments import Attachments
from data.stores.audit import Audit
from data.stores.changes import ChunkChanges
from data.stores.chunks import Chunks
from data.stores.citations import Citations
from data.stores.codes import OneTimeCodes
from data.stores.collection_contents import CollectionContentsStore
from data.stores.collections import Collections
from data.stores.conversations import Conversations
from data.stores.documents import Documents
from data.stores.evaluations import Evaluations
from data.stores.experiments import Experiments
from data.stores.failures import SignInFailures
from data.stores.feedback import Feedbacks
from data.stores.findings import Findings
from data.stores.golden import Golden
from data.stores.guards import Guards
from data.stores.instructions import InstructionsLog
from data.stores.jobs import Jobs
from data.stores.kept_answers import KeptAnswers
from data.stores.keys import ApiKeys
from data.stores.ledger import Ledger
from data.stores.limits import RoleLimits
from data.stores.lineages import Lineages
from data.stores.messages import Messages
from data.stores.model_settings import ModelSettings
from data.stores.niche_derived import NicheDerived
from data.stores.niche_figures import NicheFigures
from data.stores.niche_imports import NicheImports
from data.stores.niche_merging import NicheMerging
from data.stores.niche_staging import NicheStaging
from data.stores.niche_vectors import NicheVectors
from data.stores.niche_views import NicheViews
from data.stores.niches import Niches
from data.stores.outbox import Outbox
from data.stores.passages import Passages
from data.stores.profiles import Profiles
from data.stores.rates import RateWindows
from data.stores.readers import ReadersOf
from data.stores.registrations import Registrations
from data.stores.resets import PasswordResets
from data.stores.retrieval_settings import RetrievalSettingsStore
from data.stores.routes import RouteDecisions
from data.stores.sessions import Sessions
from data.stores.shares import Shares
from data.stores.sheets import Sheets
from data.stores.soundness import Soundness
from data.stores.source_runs import SourceRuns
from data.stores.sources import Sources
from data.stores.stages import Stages
from data.stores.summaries import Summaries
from data.stores.templates import Templates
from data.stores.threads import Threads
from data.stores.usage import UsageLedger
from data.stores.users import Users
from data.stores.vectors import ChunkVectors
from data.stores.versions import Versions


class Stores:
    """Each store is made when it is first asked for; those that seal what they keep take the cipher too."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self.connection = connection
        self.cipher = cipher

    users = cached_property(lambda tx: Users(tx.connection))
    sessions = cached_property(lambda tx: Sessions(tx.connection))
    keys = cached_property(lambda tx: ApiKeys(tx.connection))
    failures = cached_property(lambda tx: SignInFailures(tx.connection))
    resets = cached_property(lambda tx: PasswordResets(tx.connection))
    codes = cached_property(lambda tx: OneTimeCodes(tx.connection))
    allowlist = cached_property(lambda tx: Allowlist(tx.connection))
    profiles = cached_property(lambda tx: Profiles(tx.connection))
    registrations = cached_property(lambda tx: Registrations(tx.connection))
    summaries = cached_property(lambda tx: Summaries(tx.connection, tx.cipher))
    rates = cached_property(lambda tx: RateWindows(tx.connection))
    guards = cached_property(lambda tx: Guards(tx.connection, tx.cipher))
    usage = cached_property(lambda tx: UsageLedger(tx.connection))
    limits = cached_property(lambda tx: RoleLimits(tx.connection))
    routes = cached_property(lambda tx: RouteDecisions(tx.connection))
    outbox = cached_property(lambda tx: Outbox(tx.connection, tx.cipher))
    audit = cached_property(lambda tx: Audit(tx.connection))
    collections = cached_property(lambda tx: Collections(tx.connection))
    collection_contents = cached_property(lambda tx: CollectionContentsStore(tx.connection))
    versions = cached_property(lambda tx: Versions(tx.connection))
    soundness = cached_property(lambda tx: Soundness(tx.connection))
    documents = cached_property(lambda tx: Documents(tx.connection))
    stages = cached_property(lambda tx: Stages(tx.connection))
    ledger = cached_property(lambda tx: Ledger(tx.connection))
    lineages = cached_property(lambda tx: Lineages(tx.connection))
    findings = cached_property(lambda tx: Findings(tx.connection))
    sheets = cached_property(lambda tx: Sheets(tx.connection))
    chunks = cached_property(lambda tx: Chunks(tx.connection))
    vectors = cached_property(lambda tx: ChunkVectors(tx.connection))
    passages = cached_property(lambda tx: Passages(tx.connection))
    changes = cached_property(lambda tx: ChunkChanges(tx.connection))
    jobs = cached_property(lambda tx: Jobs(tx.connection))
    conversations = cached_property(lambda tx: Conversations(tx.connection, tx.cipher))
    messages = cached_property(lambda tx: Messages(tx.connection, tx.cipher))
    citations = cached_property(lambda tx: Citations(tx.connection, tx.cipher))
    answers = cached_property(lambda tx: Answers(tx.connection, tx.cipher))
    attachments = cached_property(lambda tx: Attachments(tx.connection))
    kept_answers = cached_property(lambda tx: KeptAnswers(tx.connection, tx.cipher))
    threads = cached_property(lambda tx: Threads(tx.connection))
    shares = cached_property(lambda tx: Shares(tx.connection))
    feedback = cached_property(lambda tx: Feedbacks(tx.connection, tx.cipher))
    templates = cached_property(lambda tx: Templates(tx.connection, tx.cipher))
    instructions = cached_property(lambda tx: InstructionsLog(tx.connection))
    niches = cached_property(lambda tx: Niches(tx.connection))
    niche_imports = cached_property(lambda tx: NicheImports(tx.connection))
    niche_staging = cached_property(lambda tx: NicheStaging(tx.connection))
    niche_merging = cached_property(lambda tx: NicheMerging(tx.connection))
    niche_figures = cached_property(lambda tx: NicheFigures(tx.connection))
    niche_derived = cached_property(lambda tx: NicheDerived(tx.connection))
    niche_vectors = cached_property(lambda tx: NicheVectors(tx.connection))
    niche_views = cached_property(lambda tx: NicheViews(tx.connection))
    experiments = cached_property(lambda tx: Experiments(tx.connection, tx.cipher))
    model_settings = cached_property(lambda tx: ModelSettings(tx.connection, tx.cipher))
    retrieval_settings = cached_property(lambda tx: RetrievalSettingsStore(tx.connection))
    golden = cached_property(lambda tx: Golden(tx.connection, tx.cipher))
    evaluations = cached_property(lambda tx: Evaluations(tx.connection))
    readers = cached_property(lambda tx: ReadersOf(tx.connection))
    sources = cached_property(lambda tx: Sources(tx.connection, tx.cipher))
    source_runs = cached_property(lambda tx: SourceRuns(tx.connection))

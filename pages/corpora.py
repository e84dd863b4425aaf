"""Corpora: the shared collections, how they are indexed, building them anew, and making new ones."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from components import collection_titles, errors, job_progress, navigation, session
from components.i18n import N_, _, date_time, number
from components.markup import plain
from core.entities import Collection, CollectionKind, CollectionVersion, Principal
from core.roles import Permission, Role

_STATES = {
    "building": (N_("being built"), "orange"),
    "active": (N_("active"), "green"),
    "retired": (N_("kept for a rollback"), "gray"),
    "failed": (N_("failed"), "red"),
}
_READERS = (Role.GUEST, Role.SALES, Role.ANALYST)  # administrators read everything


def render() -> None:
    who = session.require(Permission.CORPORA_READ)
    manages = who.may(Permission.CORPORA_MANAGE)
    navigation.title(_("Corpora"), _("What the assistant searches. A question is asked of exactly one collection."))
    if manages and st.button(_("New collection"), type="primary", icon=":material/add:", key="corpora_new"):
        st.dialog(_("New collection"))(_create)()
    _job()
    for collection in collection_titles.in_order(session.services().collections.list(who)):
        with errors.shown():
            _collection(who, collection, manages=manages)


def _collection(who: Principal, collection: Collection, *, manages: bool) -> None:
    with st.container(border=True, key=f"corpora_{collection.name}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            demo = f" :gray-badge[{_('demo data')}]" if collection.demo else ""
            kind = _(collection_titles.KINDS[collection.kind])
            name = f"`{collection.name}` :primary-badge[{kind}]{demo}"
            st.markdown(f"**{plain(collection_titles.title(collection))}** {name}", width="stretch")
            if manages:
                _reindex_button(collection)
        _figures(collection)
        with st.expander(_("How it is indexed"), icon=":material/info:"):
            _readers(collection)
            _versions(session.services().collections.versions(who, collection.name))


def _figures(collection: Collection) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Documents"), number(collection.documents), width="content")
        st.metric(_("Passages"), number(collection.chunks), width="content")
        st.metric(_("Version"), collection.version.number, width="content")


def _readers(collection: Collection) -> None:
    if collection.kind is CollectionKind.PERSONAL:
        st.caption(_("Only you can read it."))
        return
    readers = ", ".join(_(navigation.ROLES[role]) for role in collection.readers)
    st.caption(_("Readers: %(roles)s", roles=readers or _(navigation.ROLES[Role.ADMIN])))


def _versions(versions: Sequence[CollectionVersion]) -> None:
    for version in versions:
        state, color = _STATES[version.state]
        fingerprint = version.fingerprint
        facts = _(
            "%(model)s, %(dimension)s dimensions, passages of %(tokens)s tokens",
            model=plain(fingerprint.model),
            dimension=fingerprint.dimension,
            tokens=fingerprint.chunk_tokens,
        )
        title = _("Version %(version)s", version=version.number)
        st.markdown(f"**{title}** :{color}-badge[{_(state)}] {facts} · {date_time(version.created_at)}")


def _reindex_button(collection: Collection) -> None:
    st.button(
        _("Re-index"),
        icon=":material/refresh:",
        key=f"corpora_reindex_{collection.name}",
        on_click=errors.kept(_reindex),
        args=(collection.name,),
        help=_("Builds a new version beside this one, checks it, then switches over. Questions go on meanwhile."),
    )


def _reindex(name: str) -> None:
    st.query_params["job"] = str(session.services().collections.reindex(session.principal(), name))


def _job() -> None:
    """The progress of the re-indexing that the address names, so that it survives a reload."""
    try:
        run_id = UUID(st.query_params.get("job", ""))
    except ValueError:
        return
    run = session.services().documents.job(session.principal(), run_id)
    if run.status == "failed":
        st.error(plain(run.error) or _("Re-indexing failed. The old version stays in use."), icon=":material/error:")
    elif run.status == "done":
        st.success(_("Re-indexing is done; the new version is in use."), icon=":material/check:")
    job_progress.draw(lambda: [_progress(run_id)])


def _progress(run_id: UUID) -> job_progress.Progress:
    run = session.services().documents.job(session.principal(), run_id)
    return job_progress.Progress(
        title=collection_titles.by_name(str(run.result.get("collection", ""))),
        stage=_("re-indexing") if run.status == "running" else _("waits"),
        done=run.done,
        total=run.total,
        started_at=run.created_at,
        ended=run.status in ("done", "failed", "cancelled"),
    )


def _create() -> None:
    kinds = [CollectionKind.DOCUMENTS, CollectionKind.FAQ, CollectionKind.ANALYTICS]
    with st.form("corpora_create", border=False):
        title = st.text_input(_("Title"), max_chars=200)
        name = st.text_input(_("Name in addresses and programs"), placeholder="market-reports", max_chars=63)
        kind = st.selectbox(_("Kind"), kinds, format_func=lambda one: _(collection_titles.KINDS[one]))
        readers = st.multiselect(
            _("Who may read it, besides administrators"),
            _READERS,
            [Role.SALES, Role.ANALYST],
            format_func=lambda role: _(navigation.ROLES[role]),
        )
        sent = st.form_submit_button(_("Create"), type="primary")
    if sent:
        with errors.shown():
            session.services().collections.create(
                session.principal(), name.strip(), title, kind, [*readers, Role.ADMIN]
            )
            st.rerun()

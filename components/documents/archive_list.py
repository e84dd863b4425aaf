"""Uploaded ZIPs: how far each is unpacked, and what of it could not be taken in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import errors, session
from components.i18n import _, number, stored
from components.markup import plain
from core.entities.corpora import JobRun

_LISTED = 3


def draw(runs: Sequence[JobRun]) -> None:
    for run in runs[:_LISTED]:
        with st.container(key=f"archive_{run.id}", gap="xsmall"):
            if run.status in ("waiting", "running"):
                _running(run)
            else:
                _ended(run)


def _running(run: JobRun) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        done, total = number(run.done), number(run.total)
        said = _("unpacked %(done)s of %(total)s", done=done, total=total)
        share = min(1.0, run.done / run.total) if run.total else 0.0
        st.progress(share, text=f":material/folder_zip: **{plain(str(run.result.get('filename', '')))}** · {said}")
        cancel = errors.kept(lambda: session.services().archives.cancel(session.principal(), run.id))
        key = f"archives_cancel_{run.id}"
        if st.button("", icon=":material/stop_circle:", key=key, type="tertiary", help=_("Cancel"), on_click=cancel):
            st.rerun()


def _ended(run: JobRun) -> None:
    counts = {name: number(int(run.result.get(name, 0))) for name in ("added", "known", "refused")}
    facts = [_("taken in: %(n)s", n=counts["added"]), _("there already: %(n)s", n=counts["known"])]
    facts.append(_("refused: %(n)s", n=counts["refused"]))
    if run.status == "cancelled":
        facts.append(_("cancelled at %(done)s of %(total)s", done=number(run.done), total=number(run.total)))
    said = f"**{plain(str(run.result.get('filename', '')))}** · {' · '.join(facts)}"
    reasons = run.result.get("reasons") or []
    if not reasons:
        st.markdown(f":material/folder_zip: {said}")
    else:
        with st.expander(said, icon=":material/folder_zip:"):
            st.caption(_("What was refused, and why"))
            for one in reasons:
                st.markdown(f"**{plain(one['name'])}**: {plain(stored(one['reason']))}")
    if run.error:
        st.markdown(f":red[{plain(stored(run.error))}]")

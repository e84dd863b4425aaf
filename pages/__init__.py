"""The screens of the product: adding one is a file here and a line in `SCREENS`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from components.i18n import N_
from core.roles import Permission

WORK, KNOWLEDGE, ADMINISTRATION, ACCOUNT = N_("Work"), N_("Knowledge"), N_("Administration"), N_("Account")


@dataclass(frozen=True, slots=True)
class Screen:
    """One page: its address, its name and icon, the group it is listed in, and what one must be allowed to see it."""

    slug: str
    title: str
    icon: str
    group: str
    permission: Permission
    module: str

    def render(self) -> None:
        import_module(f"pages.{self.module}").render()  # imported when it is first shown: the sign-in page needs none


SCREENS = (
    Screen("", N_("Assistant"), "forum", WORK, Permission.CHAT, "assistant"),
    Screen("niches", N_("Niches"), "storefront", WORK, Permission.NICHES, "niches"),
    Screen("playground", N_("Playground"), "science", WORK, Permission.PLAYGROUND, "playground"),
    Screen("talk", N_("Voice"), "mic", WORK, Permission.VOICE, "talk"),  # /voice is Gradio
    Screen("documents", N_("Documents"), "description", KNOWLEDGE, Permission.UPLOAD, "documents"),
    Screen("corpora", N_("Corpora"), "library_books", KNOWLEDGE, Permission.CORPORA_READ, "corpora"),
    Screen("niche-data", N_("Niche data"), "database_upload", KNOWLEDGE, Permission.CORPORA_MANAGE, "niche_data"),
    Screen("people", N_("People"), "group", ADMINISTRATION, Permission.PEOPLE, "people"),
    Screen("prompts", N_("Instructions"), "edit_note", ADMINISTRATION, Permission.SYSTEM, "instructions"),
    Screen("providers", N_("Providers"), "dns", ADMINISTRATION, Permission.SYSTEM, "providers"),
    Screen("health", N_("System health"), "monitor_heart", ADMINISTRATION, Permission.SYSTEM, "health"),
    Screen("profile", N_("Profile"), "account_circle", ACCOUNT, Permission.PROFILE, "profile"),
    Screen("audit", N_("Activity"), "history", ACCOUNT, Permission.PROFILE, "audit"),
    Screen("usage", N_("Usage"), "data_usage", ACCOUNT, Permission.PROFILE, "usage"),
    Screen("security", N_("Security"), "shield", ACCOUNT, Permission.PROFILE, "security"),
)

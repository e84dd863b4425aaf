"""Requests that are about documents as a whole: what there is, what one of them says in short, one of its pages.

No passage answers them better than another, so they are not searched: the document is found by its title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from core.entities.retrieval import Passage
from rag.citations import neutral
from rag.evidence import spoken_of
from rag.language import detect
from rag.lexical.analysis import content_terms
from rag.sentences import split

_MOST_PARTS = 10  # of an outline
_LONGEST = 240  # characters of a sentence in it
_LONGEST_PAGE = 2_500  # characters
_TITLE_NAMED = 0.6  # share of the words of a request that a title must have
_KINDS = frozenset(content_terms("document file text report paper", "en")) | frozenset(
    content_terms("документ файл текст", "ru")
)

_LIST = re.compile(
    r"(?:(?:please )?(?:list|show(?: me)?|name)(?: me)? (?:all |of |your |the |my )*(?:documents|files)|"
    r"(?:what|which) (?:documents|files)(?: (?:do|can) (?:you|i) (?:have|see|know|read|use|ask(?: you)?(?: about)?)|"
    r" are (?:there|available|uploaded|here))(?: access to| here)?|"
    r"(?:какие|что за) (?:есть |у тебя |у вас |тебе |мне |вам |здесь |тут )*(?:документы|файлы)"
    r"(?: у тебя| у вас| тебе| мне| вам| здесь| тут| есть| доступны| загружены| имеются| ты (?:знаешь|видишь|читал))*|"
    r"(?:покажи(?:те)?|перечисли(?:те)?|назови(?:те)?|дай(?:те)?|выведи(?:те)?)(?: мне)?(?: список)?(?: все| всех)? "
    r"(?:документ(?:ы|ов)|файл(?:ы|ов))|список (?:всех )?(?:документов|файлов))",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"(?:(?:please |can you |could you )*(?:summari[sz]e|sum up|recap|outline|retell)\b|"
    r"(?:(?:please |can you |could you )*(?:give|write|make|show|prepare)(?: me)? )?"
    r"(?:a |an |the )?(?:short |brief |quick )?"
    r"(?:summary|overview|outline|gist|recap|digest|key points|main points) (?:of|for|from)\b|"
    r"what(?:'s| is| are) (?:the )?(?:gist|key points|main points|summary) of\b|"
    r"(?:кратко |коротко )?(?:перескажи|резюмируй|суммируй|обобщи|изложи)(?:те)?(?: мне)?"
    r"(?: кратко| коротко| вкратце)?\b|"
    r"(?:сделай|дай|напиши|подготовь|составь)(?:те)?(?: мне)? (?:краткое |короткое |краткий )?"
    r"(?:резюме|содержание|саммари|конспект|пересказ|выжимку|обзор)\b|"
    r"(?:краткое содержание|краткий пересказ|резюме|основные пункты|главное из)\b)"
    r"(?P<rest>.*)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"what(?:'s| is) (?P<en>.+?) (?:all )?about|(?:о|про) ч[её]м (?:этот |это |говорится в )?(?P<ru>.+)", re.IGNORECASE
)
_PAGE = re.compile(
    r"(?:(?:show|open|quote|read|give)(?: me)?|what(?:'s| is| does it say)|what stands|покажи(?:те)?|открой(?:те)?|"
    r"процитируй(?:те)?|прочитай(?:те)?|что)(?: на| on)?(?: me)?(?: the)? "
    r"(?:page (?:no\.? ?|number )?(?P<en>\d{1,4})|(?P<nth>\d{1,4})(?:st|nd|rd|th) page|"
    r"стр(?:аниц\w+|\.) (?P<ru>\d{1,4})|(?P<nth_ru>\d{1,4})(?:-?(?:ю|ой|й|я|ая|ую))? стр(?:аниц\w+|\.))(?P<rest>.*)",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"\b(?:in|into|as|to) (?:\w+ )?(?:points?|sentences?|words|bullets?|lines?|bullet points|paragraphs?)$|"
    r"\b(?:briefly|shortly|for me|please|пожалуйста|кратко|коротко|вкратце)$|"
    r"\bв (?:\w+ )?(?:пунктах|пункт\w*|словах|предложени\w+|тезис\w*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Request:
    """`named` are the words that say which document, "" where none do; `page` counts from 1, 0 where none is asked.
    "What is rule 7 about?" is `unsure`: a request only where a document is called so."""

    kind: Literal["list", "summary", "page"]
    named: str = ""
    page: int = 0
    unsure: bool = False


def asks_for_list(message: str) -> bool:
    return _LIST.fullmatch(_bare(message)) is not None


def asked(message: str) -> Request | None:
    """What a message asks of documents as a whole; None where it asks what they say."""
    said = _bare(message)
    if _LIST.fullmatch(said):
        return Request("list")
    if found := _PAGE.fullmatch(said):
        page = next(int(found[name]) for name in ("en", "nth", "ru", "nth_ru") if found[name])
        return Request("page", _name(found["rest"]), page)
    if found := _SUMMARY.fullmatch(said):
        return Request("summary", _name(found["rest"]))
    if found := _ABOUT.fullmatch(said):
        named = _name(found["en"] or found["ru"])
        return Request("summary", named, unsure=not points_at_none(named))
    return None


def _bare(message: str) -> str:
    return " ".join(message.split()).strip(" ?!.,…")


def _name(rest: str) -> str:
    shorter = _ENDING.sub("", rest.strip(" ?!.,:"))
    return shorter.strip(" ?!.,:\"'«»“”")


def points_at_none(named: str) -> bool:
    """Whether the words name no document: "it", "this document"."""
    return not (set(_terms(named)) - _KINDS)


def matching(named: str, titles: Sequence[str]) -> list[int]:
    """The places of the titles that have most of the words, in any form; the best alone where one is best."""
    words = frozenset(_terms(named)) - _KINDS or frozenset(_terms(named))
    if not words:
        return []
    shares = [len(spoken_of(words, _terms(title))) / len(words) for title in titles]
    best = max(shares, default=0.0)
    return [at for at, share in enumerate(shares) if share == best] if best >= _TITLE_NAMED else []


def _terms(text: str) -> list[str]:
    return content_terms(text.replace("_", " ").replace("-", " "), detect(text))


def outline(passages: Sequence[Passage]) -> tuple[str, tuple[Passage, ...]]:
    """The first sentence of each part of a document as a list, each with its `[n]`; and the passages that are cited.
    `passages` are of one document, in order."""
    lines: list[str] = []
    cited: list[Passage] = []
    for heading, run in groupby(passages, key=lambda one: one.heading):
        first = next(run)
        said = next((one.text for one in split(neutral(first.text)) if not one.heading), "")
        if not said:
            continue
        cited.append(first)
        part = _last(heading)
        named = f"**{neutral(part)}.** " if part and part != first.title else ""
        lines.append(f"- {named}{_cut(said, _LONGEST)} [{len(cited)}]")
        if len(lines) == _MOST_PARTS:
            break
    return "\n".join(lines), tuple(cited)


def page_of(passages: Sequence[Passage], page: int) -> tuple[str, tuple[Passage, ...]]:
    """What stands on a page, quoted, with its `[n]`; "" where it has none."""
    on_it = [one for one in passages if one.page is not None and one.page <= page <= (one.page_to or one.page)]
    text = "\n\n".join(neutral(one.text).strip() for one in on_it)
    return (f"{_cut(text, _LONGEST_PAGE)} [1]", tuple(on_it[:1])) if on_it else ("", ())


def pages(passages: Sequence[Passage]) -> int:
    """How many pages a document has as far as it was read; 0 where its format has none."""
    return max((one.page_to or one.page or 0 for one in passages), default=0)


def _last(heading: str) -> str:
    return heading.rsplit(" > ", 1)[-1].strip().rstrip(".:")


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(maxsplit=1)[0].rstrip(",;:—– ") + "…"

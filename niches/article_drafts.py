"""Turns articles into niches and figures, those of their tables by region too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.i18n import N_
from niches import mapping as mappings
from niches import reading
from niches.drafts import BadRow, Draft, Figure, NicheDraft, check, number
from niches.lexicon import draft
from niches.mapping import Role

_NO_TITLE = N_("Line %(line)s: an article needs article_id and title.")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def of_articles(path: Path, draft: Draft) -> Iterator[Figure]:
    """The figures of every article, those of its tables by region too."""
    for article in reading.articles(path):
        draft.rows += 1
        try:
            figures = list(_article_figures(article, draft))
            check("code", article.code)
            if not (article.code and article.title):
                raise BadRow(_NO_TITLE)
        except BadRow as error:
            draft.refuse(article.line, error.sentence, **error.values)
            continue
        draft.niches[article.code] = _article_niche(article)
        yield from figures


def _article_niche(article: reading.Article) -> NicheDraft:
    if _CYRILLIC.search(article.title):
        return NicheDraft(
            article.code, article.title, article.title, article.sector, article.sector, tags_ru=article.tags,
            text_ru=article.text, article_id=article.code,
        )  # fmt: skip
    return NicheDraft(
        article.code,
        article.title,
        None,
        article.sector,
        None,
        article.tags,
        text=article.text,
        article_id=article.code,
    )


def _article_figures(article: reading.Article, into: Draft) -> Iterator[Figure]:
    for header, *rows in article.tables:
        if len(header) == 2 and not _holds_regions(header):
            cells = [(label, "", value) for label, value in rows]
        else:
            cells = [(label, row[0], value) for row in rows for label, value in zip(header[1:], row[1:], strict=False)]
        for label, region, value in cells:
            metric = draft(label)
            into.metrics.setdefault(metric.name, metric)
            figure = number(value)
            into.empty += figure is None
            yield Figure(article.line, article.code, metric.name, region, None, figure)


def _holds_regions(header: Sequence[str]) -> bool:
    guessed = mappings.guess(header, [], "")
    return bool(guessed.of(Role.REGION))

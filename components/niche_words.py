"""What the parts of niche analytics are called in the reader's language: titles, stamps, figures in words."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from components import session
from components.i18n import _, date_word, number
from core.niche_entities import Catalogue, Dataset, Metric, Region, Standing
from niches.results import Column, Stamp
from niches.sentences import amount, title

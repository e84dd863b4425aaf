"""XQuAD: 240 paragraphs with 1,190 questions each, the same in every language (CC BY-SA 4.0, google-deepmind/xquad)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from core.settings import ROOT

LANGUAGES = ("en", "ru")


@dataclass(frozen=True)
class Question:
    text: str
    paragraph: int  # from 0
    article: int  # from 0; 48 of them


@dataclass(frozen=True)
class XQuAD:
    paragraphs: list[str]
    questions: list[Question]


def load(language: str) -> XQuAD:
    path = _folder() / f"xquad.{language}.json"
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    paragraphs: list[str] = []
    questions: list[Question] = []
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            questions += [Question(qa["question"], len(paragraphs), number) for qa in paragraph["qas"]]
            paragraphs.append(paragraph["context"])
    return XQuAD(paragraphs, questions)


def _folder() -> Path:
    """Beside the project, or where NICHEWISE_SHARED_DATA says."""
    return Path(os.environ.get("NICHEWISE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "xquad"

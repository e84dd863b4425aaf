"""Finds text in a document that speaks to a language model instead of a reader.

A text about prompts is no attack: what it quotes, what stands in code, and paragraphs that discuss attacks are passed
over, and a single word proves nothing. What is left and still gives a model orders is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from core.entities.reading import Block, Finding, FindingKind
from rag import guardrails
from rag.guardrails import RuleSet
from rag.readers import hidden

_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF, *range(0xE0000, 0xE0080)])
_LONGEST = 4_000  # characters that are looked at together

# Rules are many and slow: only what holds a word of orders to a model is shown to them.
_WORTH_A_LOOK = re.compile(
    r"ignor|disregard|overrid|forget|jailbreak|prompt|instruction|im_start|\[/?inst\]|<<sys>>|chatbot|language model"
    r"|\bllm|\bgpt|\bai\b|you are now|ты теперь|ты отныне|\bассистент|нейросет|языков\w+ модел|игнорир|забудь"
    r"|инструкци|промпт|указани[яй]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^”]{3,400}”|«[^»]{3,400}»|„[^“”]{3,400}[“”]|\"[^\"\n]{3,400}\"|`[^`\n]{3,400}`")
_CODE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.MULTILINE | re.DOTALL)
_DISCUSSES = re.compile(
    r"prompt.injection|injection attack|jailbreaks?\b|red.team|adversarial|attackers?\b|attempts? to"
    r"|tr(?:y|ies|ied) to|for example|such as|e\.g\.|инъекци|атак[аиуе]|злоумышленник|попыт|пыта[юе]т|например"
    r"|так(?:ие|их) как|в духе",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"<\|im_start\|>|<\|system\|>|<<SYS>>|\[INST\]|^\s*#{2,}\s*(?:system|system prompt)\s*:",
    re.MULTILINE | re.IGNORECASE,
)
_ADDRESSED = re.compile(
    r"\b(?:if|since|because) you(?:'re| are) (?:an? |the )?"
    r"(?:ai|llm|gpt|chatbot|bot|(?:large )?language model|assistant)\b"
    r"|\b(?:attention|note|notice|message|instructions?|reminder) (?:to|for) (?:the |any |all )?"
    r"(?:ai|llms?|gpt|chatbots?|(?:large )?language models?|ai assistants?)\b"
    r"|если ты (?:ии|нейросеть|языковая модель|модель|ассистент|бот|чат-бот)\b"
    r"|(?:сообщение|инструкци[яи]|указани[ея]|внимание)[ ,:]+(?:для )?"
    r"(?:ии|нейросет\w+|языков\w+ модел\w+|чат-бот\w*)\b"
    r"|\bты (?:теперь|отныне)\b|\byou are now (?:an? |the )?(?:\w+ ){0,3}(?:assistant|ai|model|bot|dan)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|do not|don't|never|always|must|should|only|say|tell|answer|reply|respond|output"
    r"|print|reveal|recommend|include|state|praise|rate|send|игнорируй|забудь|не|всегда|никогда|обязательно|скажи"
    r"|ответь|отвечай|пиши|напиши|выведи|раскрой|рекомендуй|сообщи|хвали|отправь|оцени)\b",
    re.IGNORECASE,
)
_CATEGORIES = ("instruction", "role_override", "exfiltration")
_OF_MODELS = re.compile(
    r"instruction|prompt|\bai\b|\bllm|gpt|assistant|model|chatbot|инструкци|промпт|ассистент|модел|нейросет|указани",
    re.IGNORECASE,
)


def findings(blocks: Iterable[Block]) -> tuple[Finding, ...]:
    return hidden.findings(
        Finding(FindingKind.INSTRUCTION, found, block.page) for block in blocks for found in _orders(block.text)
    )


def _orders(words: str) -> Iterator[str]:
    """The passage, if it gives orders to a model."""
    plain = words.translate(_INVISIBLE)
    if not _WORTH_A_LOOK.search(plain):
        return
    for part in (plain[start : start + _LONGEST] for start in range(0, len(plain), _LONGEST)):
        if _MARKS.search(part) or _gives_orders(_own_words(part)):
            yield part


def _own_words(part: str) -> str:
    """Without what it only quotes."""
    return _QUOTED.sub(" ", _CODE.sub(" ", part))


def _gives_orders(part: str) -> bool:
    if _DISCUSSES.search(part):
        return False
    if (address := _ADDRESSED.search(part)) and _ORDERS.search(part, address.end()):
        return True
    return any(hit.category in _CATEGORIES and _OF_MODELS.search(hit.matched) for hit in _rules().rule_hits(part))


@cache
def _rules() -> RuleSet:
    return guardrails.shipped()

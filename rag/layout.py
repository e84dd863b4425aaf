"""Text that was typed on the wrong keyboard layout, English for Russian or the other way: "rfr pfuhepbnm"."""

from __future__ import annotations

import re

_LATIN_KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?"
_RUSSIAN_KEYS = "ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,"
_TO_RUSSIAN = str.maketrans(_LATIN_KEYS, _RUSSIAN_KEYS)
_TO_LATIN = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)
# The 160 most frequent pairs of letters of the articles in data/corpora; "_" is the edge of a word.
_ENGLISH = """
_a _b _c _d _e _f _g _h _i _l _m _n _o _p _r _s _t _w a_ ab ac ad ag ai ak al am an ar as at ay be bo bu ca ce
ch cl co ct cu d_ da de di e_ ea ec ed ee el em en ep er es et ev f_ fi fo g_ ge gs h_ ha he hi ho ic id ie il
in io ir is it k_ ke l_ la le li ll lo ls ly m_ ma mb me mo n_ nd ne ng ni no ns nt o_ od of ol om on oo op or
os ot ou ow pa pe pl pr r_ ra re ri ro rs rt ru ry s_ sa se sh si so ss st su t_ ta te th ti to tr ts ua ue ul
um un ur us ut ve vi wh wi wn wo y_
"""
_RUSSIAN = """
_а _б _в _г _д _е _з _и _к _л _м _н _о _п _р _с _т _у _ч а_ аб ав ад ае аж аз ак ал ам ан ар ас ат аю ая бо бр
в_ ва ве ви вл во вс вы го да де ди дн до е_ ег ед ез ек ел ем ен ер ес ет же за и_ ие ик им ин ис ит ия й_ к_
ка ки кл ко кр кт ку ла ле ли ло ль ля м_ ма ме ми мо н_ на не ни нн но нт ны о_ об ов ог од ое ой ок ол ом он
ор ос от па пе пи по пр р_ ра ре ри ро ру ры рь с_ са се ск сл со ст ся т_ та те ти то тр тс ты ть у_ уп х_ хо
ча че чн ше ще ы_ ые ый ь_ ют я_ ят
"""
_ENGLISH_PAIRS, _RUSSIAN_PAIRS = frozenset(_ENGLISH.split()), frozenset(_RUSSIAN.split())
_USUAL, _MORE = 0.5, 0.18  # share of its pairs that must be usual on the other keyboard, and by how much more than here
_FEWEST_LETTERS = 5
_READ = 400  # characters that decide
_WORD = re.compile(r"[^\W\d_](?:\S*[^\W\d_])?")  # signs within count as unusual: few of the right keys make them
_CYRILLIC, _LATIN = re.compile("[а-яё]", re.IGNORECASE), re.compile("[a-z]", re.IGNORECASE)
_END = " \t\n?!&"  # how a question ends is read as it stands; & is the Russian ? on English keys


def other_layout(text: str) -> str:
    """The same keys on the other keyboard: "rjatqyz" is "кофейня"."""
    return text.translate(_TO_LATIN if _CYRILLIC.search(text) else _TO_RUSSIAN)


def retyped(text: str) -> str:
    """`text` as it was meant, where its letters make no words as they stand and do on the other keyboard; else ""."""
    body = text.rstrip(_END)
    cyrillic = _CYRILLIC.search(body) is not None
    letters = _CYRILLIC if cyrillic else _LATIN
    if (cyrillic and _LATIN.search(body)) or len(letters.findall(body[:_READ])) < _FEWEST_LETTERS:
        return ""
    meant = other_layout(body)
    usual, others = (_RUSSIAN_PAIRS, _ENGLISH_PAIRS) if cyrillic else (_ENGLISH_PAIRS, _RUSSIAN_PAIRS)
    reads = _usual(meant[:_READ], others)
    if reads < _USUAL or reads - _usual(body[:_READ], usual) < _MORE:
        return ""
    return (meant + text[len(body) :].strip()).replace("&", "?")


def _usual(text: str, pairs: frozenset[str]) -> float:
    """Share of the pairs of letters of `text` that are among `pairs`."""
    words = _WORD.findall(text.lower().replace("ё", "е"))
    found = [f"_{word}_"[at : at + 2] for word in words for at in range(len(word) + 1)]
    return sum(pair in pairs for pair in found) / len(found) if found else 0.0

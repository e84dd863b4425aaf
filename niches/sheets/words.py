"""The words of questions about tables, in English and Russian: what is calculated, compared, grouped, ranked."""

from __future__ import annotations

import re

from core.entities.sheets import Function, Operator, Part

# Phrases before anything else, for their words mean something else alone: "not less than", "no more than".
_COMPARISONS: tuple[tuple[Operator, str], ...] = (
    (">=", "at least|no less than|not less than|not fewer than|no fewer than|не менее|не меньше|не ниже|как минимум"),
    ("<=", "at most|no more than|not more than|up to|не более|не больше|не выше|не свыше"),
    (">", "(?:is |are |was |were )?(?:more|greater|larger|higher|bigger) than|over|above|exceed(?:s|ing)?"),
    (">", r"больше|более|свыше|выше|превыша\w+"),
    ("<", "(?:is |are |was |were )?(?:less|fewer|smaller|lower) than|under|below|меньше|менее|ниже"),
    ("!=", "not equal to|other than|except(?: for)?|excluding|without|is not|isn't"),
    ("!=", r"кроме|за исключением|исключая|не равн\w+|без"),
)
_SIGNS: tuple[tuple[Operator, str], ...] = ((">=", ">=|≥"), ("<=", "<=|≤"), (">", ">"), ("<", "<"))
COMPARISONS: tuple[tuple[Operator, re.Pattern[str]], ...] = (
    *((op, re.compile(rf"(?<!\w)(?:{said})(?!\w)(?:\s+(?:than|чем))?", re.IGNORECASE)) for op, said in _COMPARISONS),
    *((op, re.compile(said)) for op, said in _SIGNS),
)
_DATED: tuple[tuple[Operator, str], ...] = (
    (">", "after|later than|после|позже|позднее"),
    (">=", "since|starting|from|начиная|с|со"),
    ("<", "before|earlier than|prior to|до|раньше|ранее"),
    ("<=", "until|till|through|by|по"),
)
DATED: tuple[tuple[Operator, re.Pattern[str]], ...] = tuple((op, re.compile(said, re.I)) for op, said in _DATED)
_FUNCTIONS: tuple[tuple[Function, str], ...] = (
    ("share", "shares?|percentage|proportion|fraction|доля|долю|доли|долей|процент"),
    ("median", r"median|медиан\w*"),
    ("mean", "mean|average|avg|средн(?:ее|яя|ий|юю|ей|его|ие|их)|среднем"),
    ("sum", "sum|totals?|totally|altogether|overall|сумма|сумму|суммы|сумме"),
    ("sum", r"суммарн\w*|всего|общ(?:ая|ее|ий|ую|его|ей|ие)|итог\w*|итого"),
    ("min", r"min|minimum|minimal|earliest|oldest|минимум|минимальн\w*|ранн\w+"),
    ("max", r"max|maximum|maximal|latest|newest|максимум|максимальн\w*|поздн\w+"),
)
FUNCTIONS: tuple[tuple[Function, re.Pattern[str]], ...] = tuple((name, re.compile(said)) for name, said in _FUNCTIONS)
COUNT = re.compile(r"count|many|number|сколько|количеств\w*|число|числа")
MUCH = re.compile(r"much|сколько")
ROWS = re.compile(
    r"rows?|records?|lines?|entries|entry|items?|cases?|orders?|transactions?|deals?|заказ\w*|сдел\w*|операци\w*|"
    r"строк\w*|запис(?:ь|и|ей|ям|ях)|случа\w*|позици\w*|штук\w*"
)
BY = re.compile(r"by|per|each|every|across|for|по|кажд\w*|разрезе|разбивк\w*")
LARGEST = re.compile(
    r"largest|biggest|highest|most|greatest|best|top|maximum|max|наибольш\w*|крупнейш\w*|больше|самый|самая|самое|самые|"
    r"самым\w*|самой|высок\w*|больш\w+|максимальн\w*|лучш\w*|топ|первы\w*|дорог\w*"
)
SMALLEST = re.compile(
    r"smallest|lowest|least|fewest|worst|bottom|minimum|min|cheapest|наименьш\w*|низк\w*|маленьк\w*|меньше|"
    r"минимальн\w*|худш\w*|последни\w*|дешев\w*"
)
TOP = re.compile(
    r"top|bottom|largest|biggest|highest|lowest|smallest|топ|лучши\w*|худши\w*|первы\w*|последни\w*|крупнейш\w*|"
    r"наибольш\w*|наименьш\w*|самы\w*|best|worst|first|last|most|least"
)
PARTS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("month", re.compile(r"months?|monthly|месяц\w*|помесячно")),
    ("quarter", re.compile(r"quarters?|quarterly|квартал\w*|поквартально")),
    ("year", re.compile(r"years?|yearly|annual(?:ly)?|год\w*|погодно|лет")),
)
LISTED = re.compile(r"show|list|display|find|which|покажи\w*|выведи\w*|перечисли\w*|найди\w*|какие|список")
PLAIN = re.compile(
    r"what|which|who|whose|where|when|is|are|was|were|be|been|does|do|did|has|have|had|the|a|an|of|in|for|at|on|to|from|"
    r"with|and|or|than|that|there|this|these|those|its|it|as|all|any|me|us|my|our|please|show|tell|give|list|find|get|"
    r"display|calculate|compute|value|values|figure|figures|table|sheet|file|document|data|column|according|how|much|many|"
    r"by|per|each|every|across|equals?|equal|named|called|whose|among|within|during|only|just|made|make|can|you|i|we|s|"
    r"between|also|amount|amounts|sold|sell|sells|earned|earn|earns|brought|bring|"
    r"какой|какая|какое|какие|какую|каких|каким|каков|какова|каково|каковы|кто|что|где|когда|чему|чья|у|в|во|на|с|со|по|"
    r"для|и|или|из|от|до|за|к|о|об|от|чем|есть|было|была|был|были|будет|это|эта|этот|эти|все|всех|мне|нам|наш|наша|наши|"
    r"пожалуйста|покажи|покажите|скажи|скажите|назови|назовите|дай|дайте|выведи|выведите|посчитай|посчитайте|рассчитай|"
    r"найди|найдите|перечисли|список|значение|значения|значений|таблица|таблице|таблицы|лист|листе|файл|файле|файла|"
    r"документ|документе|данные|данным|столбец|столбца|столбце|колонка|колонке|колонки|согласно|равна|равно|равен|равны|"
    r"равной|которых|которого|которой|которые|кажд\w*|разрезе|разбивк\w*|только|среди|при|году|года|год|г|между|составляет|"
    r"составила|составил|составило|имеет|имеют|имел\w*|продано|продан\w*|продали|принес\w*|получ\w+|заработ\w+|"
    r"дал\w*|вышл\w+"
)
GENERAL = re.compile(  # what a header may say beside what it is about
    r"name|title|amount|value|total|sum|наименование|название|имя|сумма|итого|всего|значение"
)
SCALES = (
    ("тыс", 1e3), ("thousand", 1e3), ("k", 1e3), ("млн", 1e6), ("миллион", 1e6), ("million", 1e6), ("m", 1e6),
    ("млрд", 1e9), ("миллиард", 1e9), ("billion", 1e9), ("bn", 1e9),
)  # fmt: skip

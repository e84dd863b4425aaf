"""What usual metrics are called: titles, units and wordings in both languages, and which are derived of which."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.entities.niches import Direction, Format, OverTime


@dataclass(frozen=True, slots=True)
class MetricDraft:
    """A metric before it has a place in a dataset; `Metric` says what the fields mean."""

    name: str
    title: str
    title_ru: str = ""
    unit: str = ""
    unit_ru: str = ""
    formula: str = ""
    over_time: OverTime = "sum"
    direction: Direction = "none"
    format: Format = "integer"
    aliases: tuple[str, ...] = ()
    description: str = ""
    description_ru: str = ""


# Words of a column's name -> what it measures. The unit is told by the last word of the name where there is one.
_KNOWN = {
    "establishments": ("Establishments", "Заведения", "last", "higher",
        ("outlets", "locations", "places of business", "заведений", "точки", "предприятия", "число заведений")),
    "employees": ("Employees", "Сотрудники", "last", "none",
        ("staff", "workers", "headcount", "people employed", "работники", "персонал", "занятые", "число сотрудников")),
    "metros": ("Metro areas", "Агломерации", "last", "none", ("metros", "metropolitan areas", "агломераций")),
    "firms": ("Firms", "Фирмы", "last", "higher", ("enterprises", "фирм", "число фирм")),
    "companies": ("Companies", "Компании", "last", "higher", ("businesses", "players", "компаний", "число компаний")),
    "receipts": ("Receipts", "Выручка", "sum", "higher", ("revenue", "sales", "turnover", "оборот", "продажи")),
    "revenue": ("Revenue", "Выручка", "sum", "higher", ("receipts", "sales", "turnover", "оборот", "продажи")),
    "payroll": ("Payroll", "Фонд оплаты труда", "sum", "none",
        ("annual payroll", "wage bill", "wages", "ФОТ", "зарплатный фонд", "зарплаты")),
    "profit": ("Profit", "Прибыль", "sum", "higher", ("earnings", "net profit", "чистая прибыль", "заработок")),
    "orders": ("Orders", "Заказы", "sum", "higher", ("purchases", "sales count", "число заказов", "покупки", "чеки")),
}  # fmt: skip
_UNITS = {
    "kusd": ("thousand USD", "тыс. долл."),
    "usd": ("USD", "долл."),
    "krub": ("thousand RUB", "тыс. руб."),
    "rub": ("RUB", "руб."),
    "pct": ("%", "%"),
}
_UNIT_WORDS = {
    "thousand usd": "kusd", "usd thousand": "kusd", "$k": "kusd", "usd": "usd", "$": "usd", "тыс руб": "krub",
    "thousand rub": "krub", "руб": "rub", "rub": "rub", "%": "pct",
}  # fmt: skip
# What can be added up over regions: nobody is counted twice. A firm may be in several of them.
_ADDS_UP = frozenset({"establishments", "employees", "receipts", "revenue", "payroll", "profit", "orders"})
_QUALIFIERS = frozenset({"annual", "total", "number", "of", "count", "all"})


def draft(label: str) -> MetricDraft:
    """What a column or a line of a table called `label` measures: `receipts_kusd` and `Receipts, thousand USD` are the
    same metric, and so is `annual payroll, thousand USD` with `payroll_kusd`."""
    words = re.findall(r"[^\W_]+|[%$]", label.lower())
    unit = _unit_of(words)
    rest = words[: len(words) - len(unit[1])]
    telling = [word for word in rest if word not in _QUALIFIERS]
    known = telling[0] if len(telling) == 1 and telling[0] in _KNOWN else ""
    slug = "_".join(filter(None, [known or "_".join(rest), unit[0]])) or "value"
    title_en, title_ru = _UNITS.get(unit[0], ("", ""))
    if not known:
        plain = " ".join(rest).capitalize() or label
        return MetricDraft(slug, plain, "", title_en, title_ru, format="decimal")
    title, russian, over_time, direction, aliases = _KNOWN[known]
    return MetricDraft(
        slug, title, russian, title_en, title_ru, over_time=over_time, direction=direction, aliases=aliases  # type: ignore[arg-type]
    )  # fmt: skip


def _unit_of(words: list[str]) -> tuple[str, list[str]]:
    """(code of the unit that the words end in or "", those words)."""
    for size in (2, 1):
        tail = words[-size:]
        joined = " ".join(tail)
        code = joined if joined in _UNITS else _UNIT_WORDS.get(joined)
        if code and len(words) > size:
            return code, tail
    return "", []


def adds_up(metric: str) -> bool:
    """Whether figures of a metric of this name may be summed over regions: known ones alone, for a price may not."""
    return metric.split("_")[0] in _ADDS_UP and metric.removeprefix(metric.split("_")[0]).lstrip("_") in ("", *_UNITS)


_PER = "Computed from the imported figures: {}."
_PER_RU = "Рассчитано по загруженным данным: {}."


def derived(have: frozenset[str]) -> list[MetricDraft]:
    """The formulas whose figures are all there; `have` are names of imported metrics."""
    return [one for one in _DERIVED if set(re.findall(r"[a-z_]+", one.formula)) - {"share", "growth"} <= have]


def _ratio(name: str, title: str, title_ru: str, formula: str, unit: str, unit_ru: str, *more: str) -> MetricDraft:
    return MetricDraft(
        name, title, title_ru, unit, unit_ru, formula, direction="higher", format="decimal", aliases=more,
        description=_PER.format(formula), description_ru=_PER_RU.format(formula),
    )  # fmt: skip


def _part(name: str, title: str, title_ru: str, formula: str, *more: str) -> MetricDraft:
    return MetricDraft(
        name, title, title_ru, "%", "%", formula, direction="higher", format="percent", aliases=more,
        description=_PER.format(formula), description_ru=_PER_RU.format(formula),
    )  # fmt: skip


_DERIVED = (
    _ratio("employees_per_establishment", "Employees per establishment", "Сотрудников на заведение",
           "employees / establishments", "people", "чел.", "staff per establishment", "размер заведения"),
    _ratio("receipts_per_firm_kusd", "Receipts per firm", "Выручка на фирму", "receipts_kusd / firms",
           "thousand USD", "тыс. долл.", "revenue per firm", "средняя выручка фирмы"),
    _ratio("payroll_per_employee_kusd", "Payroll per employee", "Фонд оплаты на сотрудника",
           "payroll_kusd / employees", "thousand USD", "тыс. долл.", "average wage", "средняя зарплата"),
    _part("share_of_receipts", "Share of receipts", "Доля в выручке", "share(receipts_kusd)", "market share",
          "доля рынка"),
    _ratio("average_check_rub", "Average check", "Средний чек", "1000 * revenue_krub / orders", "RUB", "руб.",
           "average purchase", "средняя покупка"),
    _part("margin", "Profit margin", "Рентабельность", "profit_krub / revenue_krub", "margin", "маржа",
          "маржинальность", "profitability"),
    _ratio("revenue_per_company_krub", "Revenue per company", "Выручка на компанию", "revenue_krub / companies",
           "thousand RUB", "тыс. руб.", "average revenue", "средняя выручка"),
    _ratio("employees_per_company", "Employees per company", "Сотрудников на компанию", "employees / companies",
           "people", "чел.", "company size", "размер компании"),
    _part("revenue_growth", "Revenue growth", "Рост выручки", "growth(revenue_krub)", "yearly growth", "темп роста",
          "рост за год"),
    _part("share_of_revenue", "Share of revenue", "Доля в выручке", "share(revenue_krub)", "market share",
          "доля рынка"),
)  # fmt: skip

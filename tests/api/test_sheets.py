"""Tables of spreadsheets over REST."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from services.container import Services
from tests.desk import Desk

pytestmark = pytest.mark.usefixtures("model")
SALES = "Region,Revenue (USD),Day\nNorth,100,2024-01-05\nSouth,50.5,2024-02-01\nNorth,20,2024-02-03\n"


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def test_a_table_is_listed_read_filtered_sorted_and_grouped(
    client: TestClient, desk: Desk, person: Callable[..., User], bearer: Callable[[User], dict[str, str]]
) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    headers = bearer(person(Role.SALES, email="reader@example.com"))
    at = f"/api/documents/{document.id}/tables"
    [listed] = client.get(at, headers=headers).json()["tables"]
    assert (listed["rows"], [one["type"] for one in listed["columns"]]) == (3, ["text", "number", "date"])
    page = client.get(f"{at}/1", headers=headers, params={"sort": "-Revenue", "limit": 2}).json()
    assert [row[1] for row in page["rows"]] == [100, 50.5]
    assert (page["total"], page["of"]) == (3, 3)
    north = {"filter": ["Region:eq:north", "Day:between:2024-02-01..2024-02-28"]}
    assert client.get(f"{at}/1", headers=headers, params=north).json()["rows"] == [["North", 20, "2024-02-03"]]
    grouped = client.get(f"{at}/1", headers=headers, params={"group": "Region", "column": "Revenue"}).json()
    assert grouped["rows"] == [["North", 120, 2], ["South", 50.5, 1]]
    assert grouped["columns"][1] == {"name": "sum", "type": "number", "unit": "USD"}
    total = client.get(f"{at}/1", headers=headers, params={"function": "mean", "column": "Revenue"}).json()
    assert total["rows"][0][1] == pytest.approx(170.5 / 3)
    wrong = client.get(f"{at}/1", headers=headers, params={"function": "sum", "column": "Turnover"})
    assert wrong.status_code == 400
    assert "Revenue" in wrong.json()["error"]["message"]
    assert client.get(f"{at}/1", headers=headers, params={"filter": "Region"}).status_code == 400
    assert client.patch(f"{at}/1/columns/0", headers=headers, json={"type": "date"}).status_code == 403
    admin = bearer(person(Role.ADMIN, email="boss@example.com"))
    changed = client.patch(f"{at}/1/columns/1", headers=admin, json={"type": "text"}).json()
    assert changed["columns"][1]["type"] == "text"

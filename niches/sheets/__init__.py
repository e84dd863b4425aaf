"""Questions to the typed tables of spreadsheets: a question becomes a plan, the plan a query, its rows an answer."""

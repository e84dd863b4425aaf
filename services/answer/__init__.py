"""The way of an answer, one module a stage: limit, guard, cache, route, rewrite, retrieve, answer, gate, save."""

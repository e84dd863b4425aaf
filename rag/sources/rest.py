"""A REST endpoint: its answers are JSON, a path leads to the records in them, and pages follow one another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Literal
from urllib.parse import urljoin

import httpx
from pydantic import Field, SecretStr, field_validator, model_validator

from core.entities.sources import Broken, Record
from core.errors import BadInput, SourceFailed
from rag.sources.base import NO_ID, Config, Records, Surroundings, TextFormat, text_record
from rag.sources.network import Fetched, check_url

NO_END = "The pages of %(host)s have no end. Look at how they follow one another."
NO_LIST = "There is nothing at %(path)s in what %(host)s sent. The answer has: %(held)s."
_KEYS_SHOWN = 20
Pagination = Literal["none", "page", "offset", "cursor", "link"]
_SECRET_NAMES = ("key", "token", "secret", "password", "signature", "sig", "auth")


class RestConfig(Config):
    """Paths are JSONPath: `records` from the top (`$.data[*]`), the others within a record (`$.title`).

    `pagination`: `page` counts `page_param` up from `first_page`; `offset` adds the number of records read; `cursor`
    puts what `next_path` finds into `page_param`; `link` goes to the address that `next_path` finds, or, without one,
    to the next address of the header Link. Headers and secret parameters are credentials.
    """

    url: str
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    params: dict[str, SecretStr] = Field(default_factory=dict)
    records: str = "$[*]"
    id_path: str = "$.id"
    title_path: str = "$.title"
    text_path: str = "$.text"
    updated_path: str = ""
    text_format: TextFormat = "text"
    pagination: Pagination = "none"
    page_param: str = "page"
    first_page: int = Field(default=1, ge=0)
    next_path: str = ""

    @property
    def addressee(self) -> str:
        return _origin(self.url)

    @model_validator(mode="before")
    @classmethod
    def _secret_parameters(cls, values: Any) -> Any:
        """What looks like a key in the address is kept with the credentials."""
        if not isinstance(values, Mapping) or not isinstance(values.get("url"), str):
            return values
        url = check_url(values["url"])
        secret = {name: value for name, value in url.params.items() if any(w in name.lower() for w in _SECRET_NAMES)}
        for name in secret:
            url = url.copy_remove_param(name)
        return {**values, "url": str(url), "params": {**(values.get("params") or {}), **secret}}

    @field_validator("records", "id_path", "title_path", "text_path", "updated_path", "next_path")
    @classmethod
    def _a_path(cls, path: str) -> str:
        _compiled(path)
        return path

    @model_validator(mode="after")
    def _follows(self) -> RestConfig:
        if self.pagination in ("page", "offset", "cursor") and not self.page_param:
            raise BadInput("Name the parameter that leads from page to page.")
        if self.pagination == "cursor" and not self.next_path:
            raise BadInput("Say where an answer has the cursor of the next page.")
        return self

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            line = name + value.get_secret_value()
            if not name or not line.isascii() or not line.isprintable() or name.lower() in ("host", "content-length"):
                raise BadInput("The header %(name)s cannot be sent. Correct it.", name=name)
        return headers


def read(config: RestConfig, around: Surroundings) -> Records:
    read_so_far = 0
    for page in _pages(config, around):
        found = _found(page, config.records)
        for number, one in enumerate(found, start=read_so_far + 1):
            yield _record(config, one, number, around)
        read_so_far += len(found)


def _record(config: RestConfig, one: Any, number: int, around: Surroundings) -> Record | Broken:
    key = _text(one, config.id_path)
    if not key:
        return Broken(f"#{number}", NO_ID)
    title, stamp = _text(one, config.title_path), _text(one, config.updated_path)
    return text_record(key, title, _text(one, config.text_path), stamp, config.text_format, around.limits)


# --- pages ------------------------------------------------------------------------------------------------------------


def _pages(config: RestConfig, around: Surroundings) -> Iterator[Any]:
    """The JSON of each answer, until there is no next one, or a page has no records. The first page is asked without a
    cursor. Raises SourceFailed where the pages go round in a circle."""
    url, params, done = config.url, _first(config), 0
    seen: set[str] = set()
    before = b""
    for number in count(1):
        place = json.dumps([url, params])
        if place in seen or number > around.limits.pages:
            raise SourceFailed(NO_END, host=check_url(url).host)
        seen.add(place)
        fetched = _fetch(config, url, params, around)
        page = _parsed(fetched)
        if number == 1:
            _check_place(config, page)
        if number > 1 and fetched.body == before:  # it does not heed what it is asked for
            raise SourceFailed(NO_END, host=check_url(url).host)
        before = fetched.body
        yield page
        records = len(_found(page, config.records))
        done += records
        onward = _next(config, page, fetched, number, done) if records else None
        if onward is None:
            return
        url, params = onward


def _check_place(config: RestConfig, page: Any) -> None:
    """A list that is empty is one; where there is no list at all, the path or the server is wrong, and nothing counts
    as gone. Raises SourceFailed."""
    place, star, _ = config.records.rpartition("[*]")
    if star and place and not _found(page, config.records) and not _found(page, place):
        held = ", ".join(map(str, list(page)[:_KEYS_SHOWN])) if isinstance(page, dict) else type(page).__name__
        raise SourceFailed(NO_LIST, host=check_url(config.url).host, path=place, held=held)


def _first(config: RestConfig) -> dict[str, str]:
    if config.pagination == "page":
        return {config.page_param: str(config.first_page)}
    return {config.page_param: "0"} if config.pagination == "offset" else {}


def _next(config: RestConfig, page: Any, fetched: Fetched, number: int, done: int) -> tuple[str, dict[str, str]] | None:
    if config.pagination == "page":
        return config.url, {config.page_param: str(config.first_page + number)}
    if config.pagination == "offset":
        return config.url, {config.page_param: str(done)}
    onward = _text(page, config.next_path)
    if config.pagination == "cursor":
        return (config.url, {config.page_param: onward}) if onward else None
    if config.pagination == "link":
        onward = onward or httpx.Response(200, headers=fetched.headers).links.get("next", {}).get("url", "")
        return (urljoin(fetched.url, onward), {}) if onward else None
    return None


def _fetch(config: RestConfig, url: str, params: Mapping[str, str], around: Surroundings) -> Fetched:
    """Credentials go to the origin of the source's own address alone, whatever a page names as the next one."""
    own = _origin(url) == config.addressee
    headers = {name: value.get_secret_value() for name, value in config.headers.items()} if own else {}
    secret = {name: value.get_secret_value() for name, value in config.params.items()} if own else {}
    fetched = around.web.get(url, {"Accept": "application/json", **headers}, {**secret, **params})
    if fetched.gone:
        host = check_url(url).host
        raise SourceFailed("%(host)s answered with status %(status)s.", host=host, status=fetched.status)
    return fetched


def _origin(url: str) -> str:
    parsed = check_url(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}"


def _parsed(fetched: Fetched) -> Any:
    try:
        return json.loads(fetched.body)
    except (ValueError, RecursionError) as error:
        raise SourceFailed("%(host)s sent something that is not JSON.", host=check_url(fetched.url).host) from error


# --- paths ------------------------------------------------------------------------------------------------------------


def _compiled(path: str) -> Any:
    import jsonpath

    try:
        return jsonpath.compile(path) if path else None
    except jsonpath.JSONPathError as error:
        raise BadInput("%(path)s is not a JSONPath. Write it like $.data[*].", path=path) from error


def _found(value: Any, path: str) -> list[Any]:
    return list(_compiled(path).findall(value)) if path and isinstance(value, dict | list) else []


def _text(value: Any, path: str) -> str:
    """What the path finds first, as text; several texts are joined by a line, JSON stays JSON."""
    parts = [one for one in _found(value, path) if one is not None]
    return "\n".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, indent=1) for one in parts)

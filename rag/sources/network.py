"""What a source may connect to: hosts that an administrator allowed, at addresses that were checked.

A name is resolved once per connection and the connection goes to the address that was checked, so that neither a
changed DNS answer nor a redirect leads elsewhere.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx
import idna

from core.entities.sources import Host
from core.errors import BadInput, SourceFailed
from rag.sources.limits import Limits

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_REDIRECTS = 5
_WAITS = 3  # times that one answer is waited for as its server asks
_LONGEST_WAIT = 30  # seconds
_CONNECT_SECONDS = 10
_AGENT = "Nichewise"
# Where clouds tell machines their secrets, besides 169.254.169.254, which is link-local: AWS, Alibaba, Oracle.
_METADATA = {ip_address(one) for one in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")}
_THIS_NETWORK = ip_network("0.0.0.0/8")  # Linux takes it for this machine

NOT_ALLOWED = "The host %(host)s is not in the list of hosts that sources may reach. An administrator can add it."
REFUSED = "The credentials were refused by %(host)s, with status %(status)s. Check them."
NOT_PUBLIC = (
    "The host %(host)s leads into this network. Allow it for private addresses, or allow the address itself by name "
    "if it is this machine's or a link-local one."
)


def clean_host(text: str) -> str:
    """A host as it is listed and compared: small letters, IDNA, an address in its one form. Else BadInput."""
    name = text.strip().lower().removeprefix("[").removesuffix("]").rstrip(".")
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadInput("This is not the name of a host. Write it like files.example.com.") from error


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the system's order. Raises SourceFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceFailed("The host %(host)s is not known. Check its name.", host=host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Reach:
    """The hosts that sources may reach."""

    def __init__(self, hosts: Iterable[Host], resolve: Resolve = resolve) -> None:
        self._hosts = {one.host: one for one in hosts}
        self._resolve = resolve

    def addresses(self, host: str, port: int) -> list[str]:
        """Where `host` may be connected to. SourceFailed when it is not allowed, or leads where it must not."""
        name = clean_host(host)
        allowed = self._hosts.get(name)
        if allowed is None:
            raise SourceFailed(NOT_ALLOWED, host=name)
        found = [one for one in self._resolve(name, port) if self._may_reach(allowed, ip_address(one))]
        if not found:
            raise SourceFailed(NOT_PUBLIC, host=name)
        return found

    def _may_reach(self, allowed: Host, address: Address) -> bool:
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        if _is_special(inner):
            return str(inner) in self._hosts or (allowed.host == "localhost" and inner.is_loopback)
        return inner.is_global or allowed.private


def _is_special(address: Address) -> bool:
    """This machine, the machines beside it, metadata services, and what hides one of these in another address."""
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo):
        return True
    kinds = (address.is_loopback, address.is_link_local, address.is_multicast, address.is_unspecified)
    return any(kinds) or address.is_reserved or address in _METADATA or address in _THIS_NETWORK


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with status 200, or 404 and 410, which mean that there is nothing any more."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def gone(self) -> bool:
        return self.status in (404, 410)


class Web:
    """GET with every connection checked, bounded in bytes and seconds."""

    def __init__(self, reach: Reach, limits: Limits) -> None:
        self._reach = reach
        self._limits = limits

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> Fetched:
        """Follows redirects; `headers` go to the origin of `url` alone. Raises SourceFailed with a sentence that
        holds no part of the address but its host."""
        checked = check_url(url)
        asked = httpx.Request("GET", checked.copy_merge_params(dict(params or {})), headers=dict(headers or {}))
        try:
            return asyncio.run(self._within(asked))
        except TimeoutError as error:
            raise SourceFailed(
                "%(host)s took longer than the limit of %(seconds)s s.", host=checked.host, seconds=self._limits.seconds
            ) from error
        except httpx.HTTPError as error:
            raise SourceFailed("%(host)s does not answer. Check the address.", host=checked.host) from error

    async def _within(self, request: httpx.Request) -> Fetched:
        async with asyncio.timeout(self._limits.seconds):
            transport = _Checked(self._reach)
            # Nothing from the environment: a proxy would connect to what was not checked.
            async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=_CONNECT_SECONDS) as client:
                return await self._follow(client, request)

    async def _follow(self, client: httpx.AsyncClient, request: httpx.Request) -> Fetched:
        redirects = waits = 0
        while redirects <= _REDIRECTS:
            request.headers.setdefault("User-Agent", _AGENT)
            response = await client.send(request, stream=True)
            try:
                if response.next_request is not None:
                    request = _redirected(request, response.next_request)
                    redirects += 1
                elif waits < _WAITS and (pause := _asked_to_wait(response)) is not None:
                    await asyncio.sleep(pause)
                    waits += 1
                else:
                    return await self._read(response)
            finally:
                await response.aclose()
        raise SourceFailed("%(host)s redirects without end.", host=request.url.host)

    async def _read(self, response: httpx.Response) -> Fetched:
        host = response.request.url.host
        if response.status_code in (401, 403):
            raise SourceFailed(REFUSED, host=host, status=response.status_code)
        if response.status_code not in (200, 404, 410):
            raise SourceFailed("%(host)s answered with status %(status)s.", host=host, status=response.status_code)
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > self._limits.answer_bytes:
                limit = f"{self._limits.answer_bytes >> 20} MB"
                raise SourceFailed("%(host)s sent more than the limit of %(limit)s.", host=host, limit=limit)
        return Fetched(str(response.request.url), response.status_code, response.headers, bytes(body))


def check_url(url: str) -> httpx.URL:
    """`BadInput` for what is no http address, or carries a name and password."""
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise BadInput("This is not an address. Write it like https://example.com/articles.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadInput("This is not an address. Write it like https://example.com/articles.")
    if parsed.userinfo:
        raise BadInput("Leave name and password out of the address. Give them as a header.")
    return parsed


def _asked_to_wait(response: httpx.Response) -> float | None:
    """Seconds after which a server that has too much to do wants to be asked again; None where that is no soon."""
    given = response.headers.get("retry-after", "").strip()
    soon = response.status_code in (429, 503) and given.isdecimal() and int(given) <= _LONGEST_WAIT
    return float(given) if soon else None


def _redirected(before: httpx.Request, after: httpx.Request) -> httpx.Request:
    """Another origin gets none of the headers that were meant for the first."""
    url = check_url(str(after.url))
    same = (url.scheme, url.host, url.port) == (before.url.scheme, before.url.host, before.url.port)
    kept = {name: value for name, value in before.headers.items() if name != "host"} if same else {}
    return httpx.Request("GET", url, headers=kept)


class _Checked(httpx.AsyncHTTPTransport):
    def __init__(self, reach: Reach) -> None:
        super().__init__(limits=httpx.Limits(max_keepalive_connections=0))  # a connection is of one checked host
        self._reach = reach

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        addresses = await asyncio.to_thread(self._reach.addresses, host, port)
        for last, address in enumerate(addresses, start=1 - len(addresses)):
            try:
                return await super().handle_async_request(_at(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last == 0:
                    raise
        raise AssertionError("there is at least one address")


def _at(request: httpx.Request, address: str) -> httpx.Request:
    """The same request to the checked address; `Host` and the certificate's name stay the host's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )

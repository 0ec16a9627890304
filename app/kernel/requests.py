"""What endpoints share: where a request comes from, as far as it can be believed; answers that nobody may keep."""

import ipaddress
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request, Response

from app.kernel import settings


def believed_address(peer: str | None, forwarded: Sequence[str]) -> str:
    """The caller's address: the connection's, or what the outermost trusted proxy has seen.

    ``forwarded`` are the values of ``X-Forwarded-For``. Each proxy appends whom it heard from, so only as many entries
    from the end are believed as there are proxies of ours; what stands before them anybody can write.
    """
    trusted = settings.current().trusted_proxies
    chain = [one.strip() for value in forwarded for one in value.split(",")] if trusted else []
    chain.append(peer or "unknown")
    return _one_form(chain[max(0, len(chain) - 1 - trusted)])


def client_address(request: Request) -> str:
    """Where a request comes from, behind the proxies that are ours."""
    peer = request.client.host if request.client else None
    return believed_address(peer, request.headers.getlist("x-forwarded-for"))


def keep_secret(response: Response) -> None:
    """Tokens, codes and numbers in plain stay out of every cache."""
    response.headers["Cache-Control"] = "no-store"


ClientAddress = Annotated[str, Depends(client_address)]
SECRET = [Depends(keep_secret)]


def _one_form(text: str) -> str:
    """The address without its port; of IPv6 the network, since one line has 2⁶⁴ addresses to try from."""
    bare = text.strip()[:64]
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return bare
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)

"""URLs as strangers write them: what may be shown of one, the credentials in it, and joins that never raise."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

__all__ = ["absolute", "hide_credentials", "split_address", "without_credentials"]

_USER_INFO = re.compile(r"(^|:)//[^/?#\s]*@")


def without_credentials(url: str) -> str:
    """The URL as it may be shown: no user, password, query or fragment."""
    return re.split("[?#]", hide_credentials(url), maxsplit=1)[0]


def hide_credentials(text: str) -> str:
    """The text without the user and password of any URL in it, and without what no output could print."""
    return _USER_INFO.sub(r"\1//", text).encode(errors="backslashreplace").decode()


def split_address(url: str) -> tuple[str, str, str]:
    """The URL without user and password, its origin, and the ``Authorization`` header these stand for (or empty).

    Raises ``ValueError`` for what is no URL.
    """
    url.encode()  # lone surrogates come out of JSON
    parts = urlsplit(url)
    _ = parts.port  # the one that raises for a port that cannot be
    user_info, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)), f"{parts.scheme}://{host.lower()}", _basic(user_info)


def absolute(base: str, url: object) -> str:
    """``url`` as written on the page ``base``, made absolute; empty when it is none."""
    if not isinstance(url, str) or not url:
        return ""
    if url.startswith(("https://", "http://")) and "[" not in url:
        return url  # what most indexes write, thousands of times a page
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _basic(user_info: str) -> str:
    user, _, password = user_info.partition(":")
    pair = f"{unquote(user)}:{unquote(password)}".encode()
    return f"Basic {base64.b64encode(pair).decode()}" if user_info else ""

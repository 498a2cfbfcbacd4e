"""Addresses: taking them apart without opinion."""

from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """Return `scheme://host[:port]` of `url`, as browsers compare origins."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def without_trailing_slash(url: str) -> str:
    """Return `url` with one closing slash removed, if it has one."""
    return url.removesuffix("/")

"""Addresses: taking them apart without opinion."""


def without_trailing_slash(url: str) -> str:
    """Return `url` with one closing slash removed, if it has one."""
    return url.removesuffix("/")

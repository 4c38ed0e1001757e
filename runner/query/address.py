"""Splits the address of an engine. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from runner.errors import BadSetting


def split_url(url: str) -> tuple[SplitResult, int | None]:
    """Split a URL to its parts and its port.

    Raises BadSetting for a port that is none; a password in the URL is not repeated.
    """
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as error:
        raise BadSetting(
            f"{url.rpartition('@')[2]} is no address: {error}", fix="Write its port as a number up to 65535"
        ) from error

"""The base URL of an OpenAI-compatible server, as a streamer writes it."""

from urllib.parse import urlsplit


def with_version(url: str) -> str:
    """The URL without slashes at its end; one that names only a server, like ``http://localhost:11434``, gets ``/v1``.

    What is no URL comes back as it is.
    """
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{url}/v1" if parts.netloc and not parts.path else url

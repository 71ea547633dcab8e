"""The page of the API lists every endpoint with its scope and what it does, as the app itself says."""

from unittest.mock import MagicMock

from pixel_bot.api.app import build_api
from tests.harness.paths import ROOT


def test_the_page_says_what_the_app_says() -> None:
    said = [
        f"| `{method.upper()} {path}` | `{endpoint['x-right']}` | {endpoint['description'].splitlines()[0]} |"
        for path, methods in build_api(MagicMock()).openapi()["paths"].items()
        for method, endpoint in methods.items()
    ]
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in page if line.startswith("| `")] == said

"""The network as a test has it: answers that were laid out, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from typing_extensions import override

from pixel_bot.bot.cog_services.http_transport import HttpAnswer, HttpRequest, NoAnswer, Transport


@dataclass(slots=True)
class _Answer:
    url: str
    method: str
    answer: HttpAnswer | None
    times: int | None


class FakeHttp(Transport):
    """What ``bot.http`` sends with in a test. Without an answer that was laid out, nobody can be reached."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        """All that were sent, also those that were sent again."""
        self._answers: list[_Answer] = []

    def answers(
        self,
        url: str,
        json: Any = None,
        *,
        text: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        method: str = "",
        times: int | None = None,
    ) -> None:
        """Lay out an answer; the one that was laid out last comes first.

        Args:
            url: what the request's address begins with.
            json: the answer's body.
            text: or the body as text.
            status: of the answer; 0 for none at all.
            headers: of the answer.
            method: of the request; empty for any.
            times: how often it is given; None for always.
        """
        raw = orjson.dumps(json) if json is not None else text.encode()
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        answer = HttpAnswer(status, lower, raw) if status else None
        self._answers.insert(0, _Answer(url, method.upper(), answer, times))

    @override
    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Note the request, and give the answer that was laid out for it."""
        self.requests.append(request)
        for laid_out in self._answers:
            if not request.url.startswith(laid_out.url) or laid_out.method not in {"", request.method}:
                continue
            if laid_out.times is not None:
                laid_out.times -= 1
                if laid_out.times <= 0:
                    self._answers.remove(laid_out)
            if laid_out.answer is None:
                break
            return laid_out.answer
        raise NoAnswer("a test has no network")

    @override
    async def close(self) -> None:
        """Nothing is open."""

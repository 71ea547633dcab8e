"""Whether the streamer is live, over all platforms."""

from collections.abc import Callable
from datetime import datetime

from pixel_bot.model.people import Platform
from pixel_bot.model.stream_state import Broadcast, Stream

Change = Callable[[Platform, Broadcast | None], None]


class Live:
    """True while a stream is on, on whichever platform: ``if bot.live: ...``."""

    def __init__(self) -> None:
        self._streams: dict[Platform, Stream] = {}
        self.changed: set[Change] = set()
        """Called after each change, with the platform and its stream, which is None when it went off."""

    def __bool__(self) -> bool:
        return any(stream.is_live for stream in self._streams.values())

    @property
    def since(self) -> datetime | None:
        """When the first of the streams that are on began; None while none is."""
        return min((stream.now.since for stream in self._streams.values() if stream.now is not None), default=None)

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Where a stream is on."""
        return tuple(platform for platform, stream in self._streams.items() if stream.is_live)

    def on(self, platform: Platform) -> Broadcast | None:
        """The stream there; None while it is off."""
        stream = self._streams.get(platform)
        return stream.now if stream is not None else None

    def follow(self, platform: Platform, stream: Stream) -> None:
        """From now on the stream of that platform counts. A second call for the same one changes nothing."""
        if self._streams.get(platform) is stream:
            return
        self._streams[platform] = stream

        def tell() -> None:
            if self._streams.get(platform) is stream:
                for listener in tuple(self.changed):
                    listener(platform, stream.now)

        stream.changed.add(tell)
        if stream.is_live:
            tell()

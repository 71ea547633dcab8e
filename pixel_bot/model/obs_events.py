"""What happens in OBS, as cogs hear it."""

from dataclasses import dataclass

from pixel_bot.model.event import Event


@dataclass(frozen=True, slots=True)
class ObsSceneChanged(Event):
    """Another ``scene`` is on the stream, whoever chose it."""

    scene: str = ""


@dataclass(frozen=True, slots=True)
class ObsConnected(Event):
    """OBS can be asked from now on: the bot has connected to it, or again."""

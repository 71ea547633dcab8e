"""OBS as a test has it: scenes, sources, filters and texts, without a program."""

from collections.abc import Callable, Mapping
from typing import Any

from pixel_bot.backends import obs_link
from pixel_bot.backends.obs_problems import ObsAway, ObsProblem, RequestRefused

NOT_FOUND = 600


class FakeObs:
    """An OBS that can be asked from the start. What it shows is changed by ``bot.obs``, and by the test."""

    def __init__(self) -> None:
        self.scenes: dict[str, dict[str, bool]] = {"Main": {}}
        """Scenes by name, each with its sources and whether they are visible."""
        self.scene = "Main"
        """The one that is on the stream."""
        self.filters: dict[tuple[str, str], bool] = {}
        """Whether a filter is on, by the names of source and filter."""
        self.texts: dict[str, str] = {}
        """What text sources show, by name."""
        self.problem: ObsProblem | None = None
        """With what every request fails."""
        self.listeners: set[Callable[[str, Mapping[str, Any]], None]] = set()

    def goes_away(self) -> None:
        """OBS is closed."""
        self.problem = ObsAway()

    def comes_back(self) -> None:
        """OBS runs again, and the bot has connected to it."""
        self.problem = None
        self._tell(obs_link.OPENED, {})

    def switches(self, scene: str) -> None:
        """The streamer switches to a scene."""
        self.scene = scene
        self._tell("CurrentProgramSceneChanged", {"sceneName": scene})

    async def request(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer as obs-websocket 5 does.

        Raises:
            ObsProblem: there is nothing of that name, or OBS is away.
        """
        if self.problem is not None:
            raise self.problem
        match kind, fields:
            case "GetCurrentProgramScene", _:
                return {"currentProgramSceneName": self.scene}
            case "GetSceneList", _:
                return {"scenes": [{"sceneName": name} for name in reversed(self.scenes)]}
            case "SetCurrentProgramScene", {"sceneName": name} if name in self.scenes:
                self.switches(name)
            case "GetSceneItemId", {"sceneName": scene, "sourceName": name} if name in self.scenes.get(scene, {}):
                return {"sceneItemId": list(self.scenes[scene]).index(name) + 1}
            case "SetSceneItemEnabled", {"sceneName": scene, "sceneItemId": number, "sceneItemEnabled": visible}:
                self.scenes[scene][list(self.scenes[scene])[number - 1]] = visible
            case "SetSourceFilterEnabled", {"sourceName": source, "filterName": name, "filterEnabled": enabled} if (
                source,
                name,
            ) in self.filters:
                self.filters[source, name] = enabled
            case "SetInputSettings", {"inputName": name, "inputSettings": {"text": text}} if name in self.texts:
                self.texts[name] = text
            case _:
                raise RequestRefused(NOT_FOUND)
        return {}

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        for listener in tuple(self.listeners):
            listener(kind, data)

"""OBS as a test has it: scenes, sources, filters and texts, without a program."""

from collections.abc import Callable, Mapping
from typing import Any

from pixel_bot.backends import obs_link
from pixel_bot.backends.obs import SavedReplay
from pixel_bot.backends.obs_problems import ObsAway, ObsProblem, RequestRefused

NOT_FOUND = 600


class FakeObs:
    """OBS, where the test's settings have an ``obs_password``. What it shows ``bot.obs`` changes, and the test."""

    def __init__(self) -> None:
        self.scenes: dict[str, dict[str, bool]] = {"Main": {}}
        """Scenes by name, each with its sources and whether they are visible."""
        self.scene = "Main"
        """The one that is on the stream."""
        self.filters: dict[tuple[str, str], bool] = {}
        """Whether a filter is on, by the names of source and filter."""
        self.texts: dict[str, str] = {}
        """What text sources show, by name."""
        self.failure: ObsProblem | None = None
        """With what every request fails."""
        self.replays: list[str] = []
        """The files in which the last seconds were saved."""
        self.listeners: set[Callable[[str, Mapping[str, Any]], None]] = set()

    def goes_away(self) -> None:
        """OBS is closed."""
        self.failure = ObsAway()

    def comes_back(self) -> None:
        """OBS runs again, and the bot has connected to it."""
        self.failure = None
        self._tell(obs_link.OPENED, {})

    def switches(self, scene: str) -> None:
        """The streamer switches to a scene."""
        self.scene = scene
        self._tell("CurrentProgramSceneChanged", {"sceneName": scene})

    @property
    def problem(self) -> str:
        """What the streamer should do."""
        return "" if self.failure is None else str(self.failure)

    async def check(self) -> None:
        """Whether OBS can be asked.

        Raises:
            ObsProblem: it cannot, and why.
        """
        if self.failure is not None:
            raise self.failure

    async def save_replay(self) -> SavedReplay:
        """Save the last seconds.

        Raises:
            ObsProblem: nothing was saved.
        """
        await self.check()
        self.replays.append(f"/replays/{len(self.replays) + 1}.mkv")
        return SavedReplay(self.replays[-1])

    async def request(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer as obs-websocket 5 does.

        Raises:
            ObsProblem: there is nothing of that name, or OBS is away.
        """
        await self.check()
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

"""``bot.obs``: scenes, sources, filters and texts in OBS, and its events."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pixel_bot.backends import obs_link
from pixel_bot.backends.obs import SavedReplay
from pixel_bot.backends.obs_problems import ObsProblem, RequestRefused
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.model.event import Event
from pixel_bot.model.obs_events import ObsConnected, ObsSceneChanged
from pixel_bot.texts import fit
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

NOT_FOUND = frozenset({600, 602})
"""There is none of that name, or it is of another kind.

https://github.com/obsproject/obs-websocket/blob/master/docs/generated/protocol.md#requeststatus
"""

LONGEST_NAME = 60

Listener = Callable[[str, Mapping[str, Any]], None]


class ObsFailed(EffectFailed, ChatError):
    """OBS did not do it: it is away, slow, or has nothing of that name. A redeem's points go back."""


class NotSetUp(ObsProblem):
    """The settings do not say where OBS is."""

    sentence = later("OBS is not set up. Set OBS_PASSWORD for it.")
    why = later("OBS is not set up")


class ObsRequests(Protocol):
    """A connection to OBS."""

    listeners: set[Listener]
    """Called with the name and the data of each event."""

    @property
    def problem(self) -> str:
        """What the streamer should do before saving works, in one sentence; empty when it does."""
        ...

    async def request(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a request of obs-websocket 5; returns the data of the answer.

        Raises:
            ObsProblem: OBS refused, or cannot be asked.
        """
        ...

    async def check(self) -> None:
        """Whether the last seconds can be saved now.

        Raises:
            ObsProblem: they cannot, and why.
        """
        ...

    async def save_replay(self) -> SavedReplay:
        """Save the last seconds.

        Raises:
            ObsProblem: nothing was saved, and why.
        """
        ...


class ObsControl:
    """OBS, as cogs use it. Each method raises ``ObsFailed`` when OBS is away, slow, or has nothing of that name.

    ``check`` and ``save_replay`` raise an ``ObsProblem``: its ``reason`` ends a sentence of the cog's own.

    Args:
        publish: lets cogs hear an event.
    """

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._obs: ObsRequests | None = None

    def use(self, obs: ObsRequests | None) -> None:
        """From now on this is the connection; None where OBS is not set up."""
        if self._obs is not None:
            self._obs.listeners.discard(self._on_event)
        self._obs = obs
        if obs is not None:
            obs.listeners.add(self._on_event)

    @property
    def is_set_up(self) -> bool:
        """Whether the settings say where OBS is."""
        return self._obs is not None

    @property
    def problem(self) -> str:
        """What the streamer should do before saving works, in one sentence; empty when it does."""
        return str(NotSetUp()) if self._obs is None else self._obs.problem

    async def check(self) -> None:
        """See whether the last seconds can be saved now. Connects if necessary; takes two seconds at most.

        Raises:
            ObsProblem: they cannot, and why.
        """
        await self._there().check()

    async def save_replay(self) -> SavedReplay:
        """Save the last seconds with OBS's replay buffer, and return when OBS has reported the file.

        Raises:
            ObsProblem: nothing was saved, and why.
        """
        return await self._there().save_replay()

    async def scene(self) -> str:
        """The scene that is on the stream."""
        answer = await self._ask(_("see which scene is on"), "", "GetCurrentProgramScene")
        return str(answer.get("currentProgramSceneName") or "")

    async def set_scene(self, name: str) -> None:
        """Switch to a scene."""
        await self._ask(_("switch the scene"), _("scene {name}", name=name), "SetCurrentProgramScene", sceneName=name)

    async def scenes(self) -> Sequence[str]:
        """All scenes, as OBS lists them from top to bottom."""
        found: Any = (await self._ask(_("see the scenes"), "", "GetSceneList")).get("scenes") or ()
        return [str(scene["sceneName"]) for scene in reversed(found)]

    async def show(self, source: str, *, visible: bool = True, scene: str | None = None) -> None:
        """Show a source, or hide it.

        Args:
            source: its name.
            visible: False to hide it.
            scene: in which scene; None for the one that is on the stream.
        """
        where = scene if scene is not None else await self.scene()
        called = _("source {source} in the scene {scene}", source=source, scene=where)
        found = await self._ask(_("show a source"), called, "GetSceneItemId", sceneName=where, sourceName=source)
        item: dict[str, Any] = {"sceneItemId": found.get("sceneItemId"), "sceneItemEnabled": visible}
        await self._ask(_("show a source"), called, "SetSceneItemEnabled", sceneName=where, **item)

    async def set_filter(self, source: str, name: str, *, enabled: bool = True) -> None:
        """Switch a filter of a source on, or off."""
        fields = {"sourceName": source, "filterName": name, "filterEnabled": enabled}
        called = _("filter {name} of {source}", name=name, source=source)
        await self._ask(_("switch a filter"), called, "SetSourceFilterEnabled", **fields)

    async def set_text(self, source: str, text: str) -> None:
        """Set what a text source shows."""
        fields: dict[str, Any] = {"inputName": source, "inputSettings": {"text": text}, "overlay": True}
        called = _("text source {source}", source=source)
        await self._ask(_("write a text"), called, "SetInputSettings", **fields)

    async def _ask(self, what: str, named: str, kind: str, **fields: Any) -> Mapping[str, Any]:
        if self._obs is None:
            raise ObsFailed(_("I cannot {what}: OBS is not set up. The streamer sets OBS_PASSWORD for it.", what=what))
        try:
            return await self._obs.request(kind, fields)
        except RequestRefused as exc:
            why = _("OBS refused it (code {code})", code=str(exc.code))
            if exc.code in NOT_FOUND and named:
                why = _("OBS has no {named}", named=fit(named, LONGEST_NAME))
            raise ObsFailed(_("I could not {what}: {why}.", what=what, why=why)) from exc
        except ObsProblem as exc:
            raise ObsFailed(_("I could not {what}: {why}.", what=what, why=exc.reason)) from exc

    def _there(self) -> ObsRequests:
        if self._obs is None:
            raise NotSetUp
        return self._obs

    def _on_event(self, kind: str, data: Mapping[str, Any]) -> None:
        match kind, data:
            case "CurrentProgramSceneChanged", {"sceneName": str(scene)}:
                self._publish(ObsSceneChanged(scene))
            case obs_link.OPENED, _:
                self._publish(ObsConnected())
            case _:
                return

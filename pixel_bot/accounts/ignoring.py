"""Putting people on the ignore list and taking them off it, by the names that are typed in chat."""

import re
from dataclasses import dataclass

from pixel_bot.db.server.cluster import Cluster
from pixel_bot.errors import UnknownViewer
from pixel_bot.model.names import named
from pixel_bot.model.people import Platform, Viewer
from pixel_bot.model.service_bots import SERVICE_BOTS, SERVICE_NAMES
from pixel_bot.points.ignore_list import IgnoreList
from pixel_bot.points.viewers import Viewers

CHANGED = "ignored"
"""The topic on which the processes of a shared database tell each other that the list has changed."""

_LOGIN = {"twitch": re.compile(r"[a-z0-9_]{1,25}"), "joystick": re.compile(r"[\w-]{1,40}")}


@dataclass(frozen=True, slots=True)
class IgnoreChange:
    """What became of a name: how to show it, whether the list was changed, and whether somebody has had that name."""

    shown: str
    changed: bool
    seen: bool


@dataclass(frozen=True, slots=True)
class IgnoredPeople:
    """Who is on the list: people that mods put there, the number of service bots, and which of those play."""

    people: tuple[str, ...]
    service_bots: int
    playing: tuple[str, ...]


class Ignoring:
    """Changes the ignore list for all processes on the database."""

    def __init__(self, viewers: Viewers, ignore_list: IgnoreList, cluster: Cluster) -> None:
        self._viewers = viewers
        self._list = ignore_list
        self._cluster = cluster

    async def ignore(self, typed: str, platform: Platform) -> IgnoreChange:
        """Put somebody on the list, or a name that nobody has had here yet.

        Args:
            typed: the name, as ``Viewers.find`` takes it.
            platform: where it was typed.

        Raises:
            UnknownViewer: it is no login, or there is somebody of that name on the other platform alone.
        """
        return await self._put(typed, platform, ignored=True)

    async def unignore(self, typed: str, platform: Platform) -> IgnoreChange:
        """Take somebody, or a name, off the list. A service bot plays from then on.

        Raises:
            UnknownViewer: as with ``ignore``.
        """
        return await self._put(typed, platform, ignored=False)

    async def everybody(self) -> IgnoredPeople:
        """Who is on the list."""
        await self._list.refresh()
        playing = sorted(login for login in SERVICE_BOTS if login not in self._list.now.names)
        people = tuple(shown for shown, name in await self._list.listed() if name not in SERVICE_NAMES)
        return IgnoredPeople(people, len(SERVICE_BOTS) - len(playing), tuple(playing))

    async def _put(self, typed: str, platform: Platform, *, ignored: bool) -> IgnoreChange:
        await self._list.refresh()
        try:
            viewer = await self._viewers.find(typed, platform)
        except UnknownViewer as exc:
            if exc.elsewhere is not None:
                raise
            change = await self._put_name(typed, platform, ignored=ignored)
        else:
            change = await self._put_account(viewer, ignored=ignored)
        if change.changed:
            self._cluster.publish(CHANGED)
        return change

    async def _put_account(self, viewer: Viewer, *, ignored: bool) -> IgnoreChange:
        if self._list.now.has(viewer.id, viewer.name) == ignored:
            return IgnoreChange(viewer.display_name, changed=False, seen=True)
        if ignored or viewer.name in SERVICE_NAMES:
            await self._list.put_account(viewer.id, ignored=ignored)
        else:
            await self._list.drop_account(viewer.id)
        return IgnoreChange(viewer.display_name, changed=True, seen=True)

    async def _put_name(self, typed: str, platform: Platform, *, ignored: bool) -> IgnoreChange:
        who = named(typed, platform)
        if not _LOGIN[who.platform].fullmatch(who.login):
            raise UnknownViewer(typed.strip().removeprefix("@")[:40])
        if (who.name in self._list.now.names) == ignored:
            return IgnoreChange(who.name, changed=False, seen=False)
        if ignored or who.name in SERVICE_NAMES:
            await self._list.put_name(who.name, ignored=ignored)
        else:
            await self._list.drop_name(who.name)
        return IgnoreChange(who.name, changed=True, seen=False)

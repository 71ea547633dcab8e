"""The device-code grant: sign-in for machines without a browser."""

import secrets
import time
from dataclasses import dataclass

CODE_SECONDS = 1_800
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(slots=True)
class Device:
    """One pending sign-in; ``until`` is a time of the monotonic clock, ``user_id`` the user who approved it."""

    device_code: str
    user_code: str
    scopes: tuple[str, ...]
    until: float
    user_id: str | None = None


class Devices:
    """The pending sign-ins, by device code."""

    def __init__(self) -> None:
        self.interval = 1
        """Seconds between two polls of a machine. Twitch says 5."""
        self._devices: dict[str, Device] = {}

    def begin(self, scopes: tuple[str, ...]) -> Device:
        """A machine wants to sign in."""
        now = time.monotonic()
        self._devices = {code: device for code, device in self._devices.items() if device.until > now}
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        device = Device(secrets.token_urlsafe(30), user_code, scopes, now + CODE_SECONDS)
        self._devices[device.device_code] = device
        return device

    def approve(self, user_code: str, user_id: str) -> bool:
        """Somebody typed the code, and agrees. Returns False for an unknown code."""
        for device in self._devices.values():
            if device.user_code == user_code:
                device.user_id = user_id
                return True
        return False

    def expire(self, user_code: str) -> None:
        """Nobody typed the code in time."""
        self._devices = {code: device for code, device in self._devices.items() if device.user_code != user_code}

    def find(self, device_code: str) -> Device | None:
        """The sign-in that a machine asks about, while it is under way."""
        device = self._devices.get(device_code)
        return device if device is not None and device.until > time.monotonic() else None

    def end(self, device: Device) -> None:
        """Its tokens were handed out: the code is used up."""
        self._devices.pop(device.device_code, None)

"""The event types that the double knows: version, condition, and the scopes that each needs."""

from dataclasses import dataclass

CHANNEL = ("broadcaster_user_id",)
REDEMPTION = "channel.channel_points_custom_reward_redemption"


@dataclass(frozen=True, slots=True)
class Kind:
    """One event type.

    ``condition`` names what must be given, one of ``either`` where there is a choice, ``optional`` what may be. The
    user in ``signer`` must be the token's own and hold one of the ``scopes``; ``mod`` asks for a mod of the channel.
    """

    version: str = "1"
    condition: tuple[str, ...] = CHANNEL
    either: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    signer: str = ""
    scopes: tuple[str, ...] = ()
    mod: bool = False

    def fits(self, condition: dict[str, str]) -> bool:
        """True where all that is needed is given, and nothing that nobody knows."""
        given = {name for name, value in condition.items() if value}
        chosen = given & set(self.either)
        return (
            set(self.condition) <= given
            and len(chosen) == min(1, len(self.either))
            and set(condition) <= {*self.condition, *self.either, *self.optional}
        )


def _chat() -> Kind:
    return Kind(condition=(*CHANNEL, "user_id"), signer="user_id", scopes=("user:read:chat",))


def _channel(*scopes: str, version: str = "1", optional: tuple[str, ...] = ()) -> Kind:
    return Kind(version, optional=optional, signer="broadcaster_user_id", scopes=scopes)


def _redemption() -> Kind:
    return _channel("channel:read:redemptions", "channel:manage:redemptions", optional=("reward_id",))


KINDS: dict[str, Kind] = {
    "channel.chat.message": _chat(),
    "channel.chat.message_delete": _chat(),
    "channel.chat.clear_user_messages": _chat(),
    "channel.chat.clear": _chat(),
    "channel.chat.notification": _chat(),
    "channel.chat_settings.update": _chat(),
    "channel.chat.user_message_update": _chat(),
    "channel.follow": Kind(
        "2",
        (*CHANNEL, "moderator_user_id"),
        signer="moderator_user_id",
        scopes=("moderator:read:followers",),
        mod=True,
    ),
    "channel.raid": Kind(condition=(), either=("from_broadcaster_user_id", "to_broadcaster_user_id")),
    "channel.update": Kind("2"),
    "stream.online": Kind(),
    "stream.offline": Kind(),
    "channel.subscribe": _channel("channel:read:subscriptions"),
    "channel.subscription.end": _channel("channel:read:subscriptions"),
    "channel.subscription.gift": _channel("channel:read:subscriptions"),
    "channel.subscription.message": _channel("channel:read:subscriptions"),
    "channel.cheer": _channel("bits:read"),
    "channel.bits.use": _channel("bits:read"),
    "channel.hype_train.begin": _channel("channel:read:hype_train", version="2"),
    "channel.hype_train.progress": _channel("channel:read:hype_train", version="2"),
    "channel.hype_train.end": _channel("channel:read:hype_train", version="2"),
    "channel.channel_points_automatic_reward_redemption.add": _channel(
        "channel:read:redemptions", "channel:manage:redemptions", version="2"
    ),
    "channel.ban": _channel("channel:moderate"),
    "channel.unban": _channel("channel:moderate"),
    "channel.moderator.add": _channel("moderation:read"),
    "channel.moderator.remove": _channel("moderation:read"),
    f"{REDEMPTION}.add": _redemption(),
    f"{REDEMPTION}.update": _redemption(),
}

"""Every OAuth scope of Twitch (https://dev.twitch.tv/docs/authentication/scopes/).

A sign-in that asks for one that Twitch does not know is refused as a whole, so a cog may name these alone.
"""

from collections.abc import Mapping

from pixel_bot.platforms.twitch.helix import Role

_BY_AREA: Mapping[str, str] = {
    "analytics": "read:extensions read:games",
    "bits": "read",
    "channel": (
        "bot edit:commercial manage:ads manage:broadcast manage:clips manage:extensions manage:guest_star "
        "manage:moderators manage:polls manage:predictions manage:raids manage:redemptions manage:schedule "
        "manage:videos manage:vips moderate read:ads read:charity read:editors read:goals read:guest_star "
        "read:hype_train read:polls read:predictions read:redemptions read:stream_key read:subscriptions read:vips"
    ),
    "clips": "edit",
    "editor": "manage:clips",
    "moderation": "read",
    "moderator": (
        "manage:announcements manage:automod manage:automod_settings manage:banned_users manage:blocked_terms "
        "manage:chat_messages manage:chat_settings manage:guest_star manage:shield_mode manage:shoutouts "
        "manage:suspicious_users manage:unban_requests manage:warnings read:automod_settings read:banned_users "
        "read:blocked_terms read:chat_messages read:chat_settings read:chatters read:followers read:guest_star "
        "read:moderators read:shield_mode read:shoutouts read:suspicious_users read:unban_requests read:vips "
        "read:warnings"
    ),
    "user": (
        "bot edit edit:broadcast manage:blocked_users manage:chat_color manage:whispers read:blocked_users "
        "read:broadcast read:chat read:email read:emotes read:follows read:moderated_channels read:subscriptions "
        "read:whispers write:chat"
    ),
}

SCOPES = frozenset(f"{area}:{name}" for area, names in _BY_AREA.items() for name in names.split())

ANNOUNCEMENTS = "moderator:manage:announcements"
BANS = "moderator:manage:banned_users"
BROADCAST = "channel:manage:broadcast"
CHATTERS = "moderator:read:chatters"
FOLLOWERS = "moderator:read:followers"
MESSAGES = "moderator:manage:chat_messages"
SHOUTOUTS = "moderator:manage:shoutouts"
WARNINGS = "moderator:manage:warnings"

WORDS: Mapping[str, str] = {
    ANNOUNCEMENTS: "announcements",
    BANS: "timeouts and bans",
    BROADCAST: "the stream's title and category",
    MESSAGES: "deleting messages",
    SHOUTOUTS: "shout-outs",
    WARNINGS: "warnings",
}
"""What the scopes that cogs ask for are good for, as far as the bot itself uses them."""


def role_for(scope: str) -> Role:
    """Whose sign-in a cog's scope is asked from: the streamer's, unless it is about the bot's own account."""
    return "bot" if scope.startswith("user:") else "broadcaster"

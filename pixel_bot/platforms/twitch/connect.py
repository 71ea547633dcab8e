"""Where Twitch is, and what the bot listens to."""

import logging

import twitchio.eventsub.websockets
from twitchio import Client, HTTPException, eventsub
from twitchio.http import Route

from pixel_bot.platforms.twitch.socket import EventSocket, open_socket

log = logging.getLogger(__name__)


def point_to(helix_url: str, id_url: str, eventsub_url: str) -> None:
    """Set Twitch's addresses. TwitchIO keeps them for the whole process, so this comes before the bot is built."""
    Route.BASE = helix_url  # pyright: ignore[reportAttributeAccessIssue]
    Route.ID_BASE = id_url  # pyright: ignore[reportAttributeAccessIssue]
    twitchio.eventsub.websockets.WSS = eventsub_url


def subscriptions(bot_id: str, owner_id: str) -> list[tuple[str, eventsub.SubscriptionPayload]]:
    """All that the bot listens to, chat first, each with the id of the account whose consent it needs."""
    channel = {"broadcaster_user_id": owner_id}
    return [
        (bot_id, eventsub.ChatMessageSubscription(**channel, user_id=bot_id)),
        (bot_id, eventsub.ChatMessageDeleteSubscription(**channel, user_id=bot_id)),
        (bot_id, eventsub.ChatClearUserMessagesSubscription(**channel, user_id=bot_id)),
        (bot_id, eventsub.ChatClearSubscription(**channel, user_id=bot_id)),
        (bot_id, eventsub.ChannelFollowSubscription(**channel, moderator_user_id=bot_id)),
        (bot_id, eventsub.ChannelRaidSubscription(to_broadcaster_user_id=owner_id)),
        (owner_id, eventsub.ChannelSubscribeSubscription(**channel)),
        (owner_id, eventsub.ChannelSubscribeMessageSubscription(**channel)),
        (owner_id, eventsub.ChannelSubscriptionGiftSubscription(**channel)),
        (owner_id, eventsub.ChannelCheerSubscription(**channel)),
    ]


async def listen(client: Client, bot_id: str, owner_id: str) -> list[str]:
    """Open an event socket for each account, because one socket serves one user's token, and subscribe each type.

    Returns:
        The types that Twitch refused.

    Raises:
        WebsocketConnectionException: a socket cannot be opened.
    """
    sockets: dict[str, EventSocket] = {}
    refused: list[str] = []
    for account, payload in subscriptions(bot_id, owner_id):
        if account not in sockets:
            sockets[account] = await open_socket(client, account)
        try:
            await client.subscribe_websocket(
                payload, as_bot=False, token_for=account, socket_id=sockets[account].session_id
            )
        except HTTPException as exc:
            refused.append(str(payload.type))
            log.warning(
                "Twitch refused the event type %s: %s %s", payload.type, exc.status, exc.extra.get("message", "")
            )
    return refused

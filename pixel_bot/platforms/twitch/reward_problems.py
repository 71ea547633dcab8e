"""Why Twitch did not take a reward, as a sentence for chat."""

from pixel_bot.platforms.twitch.helix import HelixError
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

FIXED = later("The price of {redeem} is not always the same, so channel points cannot pay for it.")


def is_temporary(exc: HelixError) -> bool:
    """True for a failure that time, or a new sign-in, resolves."""
    return exc.may_pass or exc.status == 401


def is_duplicate(exc: HelixError) -> bool:
    """True where there is a reward of that name."""
    return exc.status == 400 and "DUPLICATE" in exc.message.upper()


def sentence(exc: HelixError, title: str) -> str:
    """What chat is told of it."""
    if exc.may_pass:
        return _("Twitch does not answer right now.")
    if exc.status == 401:
        return _("Twitch does not let me manage Channel Points: the broadcaster has to sign in again at /setup.")
    if exc.status == 403:
        return _("Twitch has Channel Points for affiliates and partners only.")
    if is_duplicate(exc):
        return _(
            "There is a reward named {reward} already that I did not make. Rename or delete that one first.",
            reward=title,
        )
    if "TOO_MANY" in exc.message.upper():
        return _("The channel has as many rewards as Twitch allows. Delete one first.")
    return _("Twitch did not take the reward. The log says what it answered.")

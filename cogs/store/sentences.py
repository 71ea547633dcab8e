"""What the store says."""

from pixel_bot.plugin import later, texts

_ = texts(__name__)

HOW_TO_BUY = later("Type {prefix}redeem NAME. What there is: {prefix}items, and all redeems: {prefix}redeems.")
NO_REDEEM = later("There is no redeem {redeem}. What there is: {prefix}items, and all redeems: {prefix}redeems.")

SOLD_OUT = later("{redeem} is sold out. Nothing was charged.")
NO_WORDS = later("There is no text in it that can be used. Type it like this: {command} hello")

MADE = later("{command} costs {points} from now on.")
EXISTS = later("There is a command {command} already. Take another name.")
TOO_MANY = later("The store is full: it holds {most} redeems.")
REMOVED = later("{command} is gone.")
NOT_OURS = later("The store has no redeem {redeem}. What it has: {prefix}items.")
BAD_KEY = later("The name of a redeem is one word of up to 25 letters, digits and _, and begins with a letter.")
IS_RESERVED = later("{prefix}redeem {redeem} means something else. Take another name.")
KINDS = later("A redeem is one of {kinds}.")
NO_TEXT = later("Say what: {kind} needs something after it.")
TOO_LONG = later("That is too long: up to {most} characters.")
NO_NUMBER = later("Type a number up to {most}, or off.")

STOCK = later("Left of {redeem}: {left}.")
NO_STOCK = later("There is no end to {redeem} any more.")
HOW_TO_LIMIT = later("Type it like this: {prefix}redeem limit KEY 2 stream, or day instead of stream, or KEY off.")
NO_LIMIT = later("Everybody gets {redeem} as often as they like.")


def still_owed(n: int, redeem: str, prefix: str) -> str:
    """A redeem cannot be removed yet."""
    return _(
        "{redeem} is still owed to {n} viewer. First type {prefix}owed done @user {redeem}, or {prefix}refund @user.",
        "{redeem} is still owed {n} times. First type {prefix}owed done @user {redeem}, or {prefix}refund @user.",
        n=n,
        redeem=redeem,
        prefix=prefix,
    )


def limit(n: int, redeem: str, per: str) -> str:
    """How often each viewer gets a redeem."""
    if per == "stream":
        return _(
            "Each viewer gets {redeem} {n} time in a stream.",
            "Each viewer gets {redeem} {n} times in a stream.",
            n=n,
            redeem=redeem,
        )
    return _(
        "Each viewer gets {redeem} {n} time a day.", "Each viewer gets {redeem} {n} times a day.", n=n, redeem=redeem
    )

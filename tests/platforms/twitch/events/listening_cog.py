"""A cog that notes every event that cogs can hear."""

EAR = '''
"""Hears all that cogs can hear."""

from pixel_bot.plugin import (
    Announcement,
    AutomaticReward,
    BitsBadge,
    ChannelEvent,
    CharityDonation,
    ChatMessage,
    Cheer,
    Cog,
    Follow,
    Gift,
    HypeTrain,
    PayItForward,
    PixelBot,
    Raid,
    Sub,
    Upgrade,
    WatchStreak,
    on,
)


class Listens(Cog):
    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self.heard: list[str] = []

    @on(Follow)
    async def follow(self, what: Follow) -> None:
        self.note(what)

    @on(Sub)
    async def sub(self, what: Sub) -> None:
        self.note(what)

    @on(Gift)
    async def gift(self, what: Gift) -> None:
        self.note(what)

    @on(Cheer)
    async def cheer(self, what: Cheer) -> None:
        self.note(what)

    @on(Raid)
    async def raid(self, what: Raid) -> None:
        self.note(what)

    @on(Upgrade)
    async def upgrade(self, what: Upgrade) -> None:
        self.note(what)

    @on(PayItForward)
    async def pay_it_forward(self, what: PayItForward) -> None:
        self.note(what)

    @on(WatchStreak)
    async def watch_streak(self, what: WatchStreak) -> None:
        self.note(what)

    @on(CharityDonation)
    async def charity(self, what: CharityDonation) -> None:
        self.note(what)

    @on(BitsBadge)
    async def badge(self, what: BitsBadge) -> None:
        self.note(what)

    @on(Announcement)
    async def announcement(self, what: Announcement) -> None:
        self.note(what)

    @on(HypeTrain)
    async def hype_train(self, what: HypeTrain) -> None:
        self.note(what)

    @on(AutomaticReward)
    async def automatic_reward(self, what: AutomaticReward) -> None:
        self.note(what)

    @on(ChatMessage)
    async def message(self, message: ChatMessage) -> None:
        self.heard.append(f"{message.viewer.login} says {message.text}")

    def note(self, what: ChannelEvent) -> None:
        self.heard.append(f"{what.person.login if what.person else 'somebody'} {type(what).__name__}")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Listens(bot))
'''

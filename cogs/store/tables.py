"""What is kept: the redeems that were made in chat, and what is still to be handed over."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import CogModel, ViewerId

Kind = Literal["sound", "card", "speak", "say", "manual"]
"""What happens when it is bought; ``manual`` is handed over by a mod."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Period = Literal["stream", "day"]
"""In which a viewer's purchases are counted."""

PERIODS: tuple[Period, ...] = get_args(Period)


class Item(CogModel):
    """A redeem of the store. Its price, once the catalogue has it, is the catalogue's.

    ``stock`` is how many are left, and ``most`` how many each viewer gets ``per`` period; None is as many as they like.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    text: Mapped[str]
    cost: Mapped[int]
    is_priced: Mapped[bool]
    stock: Mapped[int | None]
    most: Mapped[int | None]
    per: Mapped[str]
    made_at: Mapped[datetime]


class Due(CogModel):
    """Something that was bought and that a mod has still to hand over."""

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[int]
    key: Mapped[str]
    words: Mapped[str]
    viewer: Mapped[ViewerId]
    bought_at: Mapped[datetime]

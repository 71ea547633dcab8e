"""Small transactions with rests between them, for work that nobody waits for."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

SHORTEST_REST = 0.01


@asynccontextmanager
async def throttle_after(transaction: AbstractAsyncContextManager[AsyncSession]) -> AsyncGenerator[AsyncSession]:
    """A transaction, and then a rest as long as it took: so others get their turn, also those of another process."""
    async with transaction as session:
        began = time.perf_counter()
        yield session
    await asyncio.sleep(max(SHORTEST_REST, time.perf_counter() - began))

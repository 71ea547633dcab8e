"""Redeems: catalogue, shop, refunds, rows of the queue, the wheel, and redeems for channel points."""

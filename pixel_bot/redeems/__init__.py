"""Redeems: catalogue, shop, refunds, queue items, and redeems for channel points."""

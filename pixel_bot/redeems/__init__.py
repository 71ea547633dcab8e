"""Redeems: catalogue, shop, refunds, queue items, the prize wheel, and redeems for channel points."""

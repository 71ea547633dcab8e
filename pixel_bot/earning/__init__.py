"""Awards for chat messages, channel events and watch time: which of them earn, and the batches that write them."""

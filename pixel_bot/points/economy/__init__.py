"""What comes into a channel's economy and goes out of it, by the rows of its ledger."""

"""The whole bot in a simulator: one thread, simulated time, and everything that can go wrong drawn by a seed."""

"""Secrets at rest: encryption of tokens, and the files that hold keys."""

"""Mutants that come to the same thing as the code that they change, each with the reason; by the module's name."""

from _mutants import Change

EQUIVALENT: dict[str, dict[Change, str]] = {}

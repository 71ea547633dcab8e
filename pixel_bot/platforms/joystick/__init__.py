"""Joystick.tv: installation, gateway connection, event parsing and sender."""

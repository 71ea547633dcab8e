"""Joystick.tv: installation, the gateway, what is heard there and said there."""

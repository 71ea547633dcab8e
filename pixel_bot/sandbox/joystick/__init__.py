"""The double of Joystick.tv: its OAuth, its API and its gateway, as its public documents describe them."""

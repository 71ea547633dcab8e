"""The overlay: its open pages, what they play, and the web pages' server side."""

"""The overlay: its open pages and playbacks, and the HTTP routes of its pages."""

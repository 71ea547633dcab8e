"""``python -m pixel_bot``."""

from pixel_bot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

"""The connections to EventSub: opened, subscribed, watched, and by one of several processes alone."""

"""Who gets in: links that sign a browser in, sessions, tokens of scripts, and the gate in front of the pages."""

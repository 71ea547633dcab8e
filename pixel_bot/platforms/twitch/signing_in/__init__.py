"""What a sign-in needs beside Twitch's OAuth: codes for another device, renewal of tokens, the built-in application."""

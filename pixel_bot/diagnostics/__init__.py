"""What is wrong with the set-up, and figures of the running bot: for its owner, a report or a monitoring server."""

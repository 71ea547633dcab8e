"""Links and tokens, by which one gets into the pages of the running bot."""

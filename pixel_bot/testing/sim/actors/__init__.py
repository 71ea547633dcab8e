"""Those who take part besides the chatters: each file has a few, and the plan draws who of them comes."""

"""A pipeline that is trained from reviewed articles and starts from the rules."""

"""The read side: timelines rendered for people. Pure."""

"""The shop that the lab breaks: one service in three roles, and where its files lie. Nothing here knows Lamplighter."""

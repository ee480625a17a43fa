"""From raw evidence to ranked causes. Pure computation; nothing here looks at the world."""

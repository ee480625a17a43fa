"""Makes the pictures of the README: a shop is broken for real, and a browser looks at what comes of it."""

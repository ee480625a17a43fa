"""The HTTP doors: webhooks, the REST API, the incident page."""

"""What metrics, logs, traces and alerts say about where an incident began. Pure arithmetic, no catalogue."""

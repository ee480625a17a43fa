"""One folder for each outside system, one file name for each role."""

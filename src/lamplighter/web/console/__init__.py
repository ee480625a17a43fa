"""The live console. NiceGUI carries the pages to the browser and keeps them fresh; nothing else of the house knows it."""

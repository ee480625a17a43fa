"""The live console. NiceGUI carries its pages to the browser and keeps them fresh; nothing else knows that library."""

"""The configuration: its keys, how values are written, and how it is read. Only the app and the doors read it."""

from lamplighter.settings.load import BadConfiguration, Settings, default_data_folder, load_settings
from lamplighter.settings.model import Configuration

__all__ = ["BadConfiguration", "Configuration", "Settings", "default_data_folder", "load_settings"]

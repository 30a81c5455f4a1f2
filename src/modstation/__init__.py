"""ModStation: a desktop workstation for forum moderation."""

__version__ = "0.1.0"

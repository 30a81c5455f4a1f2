"""The one place that chooses real parts."""

from .desks import (
    RUNNER_LOCK,
    OpenDesk,
    Parts,
    Shared,
    check_roles,
    create_desk,
    default_folder,
    enrol_person,
    open_desk,
    recover_person,
    reopen,
    stacks,
    upgrade_desk,
)

__all__ = [
    "RUNNER_LOCK",
    "OpenDesk",
    "Parts",
    "Shared",
    "check_roles",
    "create_desk",
    "default_folder",
    "enrol_person",
    "open_desk",
    "recover_person",
    "reopen",
    "stacks",
    "upgrade_desk",
]

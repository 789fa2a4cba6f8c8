"""Every long step that may be asked for as a task, by its name: what doors ask for and workers do."""

from __future__ import annotations

from enum import StrEnum


class TaskKind(StrEnum):
    """What a task does; jobs/kinds.py says how."""

    OPEN_ROUND = "open-round"
    IMPORT_REGISTER = "import-register"
    IMPORT_REGISTRATIONS = "import-registrations"
    CARRY_OVER = "carry-over"
    CLOSE_DRAW = "close-draw"
    DECIDE_DRAW = "decide-draw"
    COMMIT_DRAW = "commit-draw"
    DRAW_WINNERS = "draw-winners"
    PUBLISH_ALLOCATION = "publish-allocation"
    TELL_WINNERS = "tell-winners"
    OPEN_COLLECTION = "open-collection"
    FORFEIT_MISSED = "forfeit-missed"
    PUBLISH_BATCH = "publish-batch"
    RECORD_AUDIT = "record-audit"
    FINISH_DRAW = "finish-draw"
    FINISH_ROUND = "finish-round"
    ERASE_ROUND = "erase-round"
    EXPORT_BUNDLE = "export-bundle"

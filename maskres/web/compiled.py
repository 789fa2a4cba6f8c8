"""Templates compiled once a machine, not once a process: the first page after a start need not wait for it."""

from __future__ import annotations

from contextlib import suppress

from jinja2.bccache import Bucket, FileSystemBytecodeCache


class _CompiledTemplates(FileSystemBytecodeCache):
    """Files in a folder that only this user can enter; each is worth no more than the second it saves."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # a full or read-only disk must not cost anybody a page
            super().dump_bytecode(bucket)


def compiled_templates() -> FileSystemBytecodeCache | None:
    """Give where compiled templates are kept, in this user's part of the temporary folder.

    Returns:
        None where no folder is safe to keep code in: each process then compiles its own.
    """
    try:
        return _CompiledTemplates()
    except (OSError, RuntimeError):
        return None

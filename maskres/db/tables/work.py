"""Work that is done later: tasks, the files they read, and the messages that go out."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from maskres.db.tables.base import metadata, one_of
from maskres.db.types import Digest16, Sha256, Slug, UtcTime, bytewise

TASK_STATUSES = ("waiting", "running", "done", "failed")
MESSAGE_STATUSES = ("waiting", "sent", "failed")

#: A long step that somebody asked for. The row commits with its cause; the queue carries its id alone.
tasks = Table(
    "tasks",
    metadata,
    Column("id", bytewise(32), primary_key=True),
    Column("kind", String(40), nullable=False),
    #: JSON: ids, slugs, counts; never personal data.
    Column("payload", Text, nullable=False),
    Column("round", Slug),
    Column("draw", Integer),
    Column("status", String(8), nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    #: While it is asked for and not ended, nobody asks for the same again.
    Column("once", bytewise(200)),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("enqueued_at", UtcTime),
    Column("not_before", UtcTime),
    #: Whose turn it is, until when: a worker that is killed loses it.
    Column("lease", bytewise(32)),
    Column("lease_until", UtcTime),
    Column("stage", Text),
    Column("rows_done", BigInteger, nullable=False, server_default="0"),
    Column("rows_total", BigInteger),
    #: JSON: what each finished step of it gave, written in that step's own transaction.
    Column("steps", Text, nullable=False, server_default="{}"),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    #: JSON of what it gave.
    Column("result", Text),
    #: JSON: code, message, field, file, line; and, of a file, its bad lines.
    Column("error", Text),
    #: The barrier: how many parts of its present step have not ended. Nobody's turn comes before they have.
    Column("parts_left", Integer, nullable=False, server_default="0"),
    #: Of a part: of which task.
    Column("part_of", bytewise(32)),
    one_of("status", TASK_STATUSES),
    CheckConstraint("(status = 'running') = (lease IS NOT NULL)", name="running_is_leased"),
)
Index("ix_tasks_status", tasks.c.status, tasks.c.requested_at)
Index(
    "uq_tasks_once",
    tasks.c.once,
    unique=True,
    sqlite_where=text("status IN ('waiting', 'running')"),
    postgresql_where=text("status IN ('waiting', 'running')"),
)


#: The parts of a task's step in order, each a task of its own; a step is divided once.
task_parts = Table(
    "task_parts",
    metadata,
    Column("part_of", ForeignKey("tasks.id"), primary_key=True),
    Column("step", String(40), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, unique=True),
)

#: What a part made for the step that goes on after it: encrypted under the data key, gone once the task has ended.
part_outputs = Table(
    "part_outputs",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

#: A file handed in for a task: in pieces, encrypted under the data key, gone once the task has ended.
uploads = Table(
    "uploads",
    metadata,
    Column("id", bytewise(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("uploaded_at", UtcTime, nullable=False),
    Column("uploaded_by", Text, nullable=False),
)

upload_pieces = Table(
    "upload_pieces",
    metadata,
    Column("upload_id", ForeignKey("uploads.id"), primary_key=True),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

#: A message to somebody's phone. Phone and words are encrypted, and emptied once it has been sent.
messages = Table(
    "messages",
    metadata,
    Column("id", bytewise(32), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("phone_digest", Digest16, nullable=False),
    #: JSON of phone and words, encrypted.
    Column("content", LargeBinary),
    Column("data_version", SmallInteger, nullable=False),
    #: The same cause writes one message, however often it happens.
    Column("once", bytewise(200), unique=True),
    Column("status", String(8), nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("sent_at", UtcTime),
    #: Why the last attempt failed, in the gateway's word; nothing personal.
    Column("failure", Text),
    one_of("status", MESSAGE_STATUSES),
    CheckConstraint("status <> 'waiting' OR content IS NOT NULL", name="waiting_has_content"),
)
Index("ix_messages_due", messages.c.status, messages.c.due_at)
Index("ix_messages_phone", messages.c.phone_digest)

"""The same draw in SQL on DuckDB, for pools larger than memory: files in, a file out.

`maskres/lottery/sql/` holds the draw as one statement for each of three database engines; this module runs
the one for DuckDB, which sorts on disk. It gives the bytes that `draw` gives.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

import duckdb

from maskres.lottery.results import TICKET_DIGITS

STATEMENTS = Path(__file__).with_name("sql")
DEFAULT_MEGABYTES = 256

_POOL = """
    CREATE VIEW pool AS SELECT * FROM read_csv(
        {path}, header = true, delim = ',', quote = '', escape = '', auto_detect = false,
        columns = {{'number': 'VARCHAR', 'stratum': 'VARCHAR', 'tickets': 'BIGINT', 'seal': 'VARCHAR'}}
    )
"""
_RESULT = f"""
    COPY (SELECT rank, number, stratum, left(value, {TICKET_DIGITS}), outcome FROM drawn ORDER BY rank)
    TO {{path}} (HEADER false, DELIMITER ',')
"""
_CUTOFFS = "SELECT stratum, max(value) FROM drawn WHERE outcome = 'won' GROUP BY stratum ORDER BY stratum"


def draw_on_disk(
    pool: Path,
    quotas: Mapping[str, int],
    seed: str,
    folder: Path,
    *,
    megabytes: int = DEFAULT_MEGABYTES,
    threads: int = 2,
) -> tuple[Path, dict[str, str]]:
    """Draw the winners of a pool that need not fit into memory.

    Args:
        pool: pool.csv, found right by `count_pool`.
        quotas: stratum → how many win; exactly the strata of the pool.
        seed: 64 lower-case hex digits.
        folder: an empty folder for the database and for what it sorts: about five times the pool's size.
        megabytes: how much memory DuckDB may hold; the program itself and what DuckDB does not count add
            about 100 MB.
        threads: how many processors to use.

    Returns:
        Where result.csv lies in `folder` (without its header), and stratum → the largest value that won, 64
        hex digits; strata where nobody won are left out.

    Raises:
        duckdb.Error: memory or disk did not suffice.

    Source: spec T1 to T6.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{megabytes}MB",
        "threads": threads,
        "temp_directory": str(folder / "spilled"),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    lines = folder / "result.csv"
    with duckdb.connect(folder / "draw.duckdb", config=settings) as database:
        database.execute("CREATE TABLE quotas (stratum VARCHAR, quota BIGINT)")
        if quotas:
            database.executemany("INSERT INTO quotas VALUES (?, ?)", sorted(quotas.items()))
        database.execute("CREATE TABLE seeds AS SELECT CAST(? AS VARCHAR) AS seed", [seed])
        # A path is a pattern to DuckDB; a folder's name may hold an asterisk.
        database.execute(_POOL.format(path=_quoted(glob.escape(str(pool)))))
        database.execute(statement_for("duckdb"))
        database.execute(_RESULT.format(path=_quoted(str(lines))))
        cutoffs = dict(database.execute(_CUTOFFS).fetchall())
    return lines, cutoffs


def statement_for(engine: str) -> str:
    """Give the draw as a statement of SQL.

    Args:
        engine: "postgresql", "duckdb" or "sqlite".

    Returns:
        One statement that makes the table `drawn` from `pool`, `quotas` and `seeds`.
    """
    return (STATEMENTS / f"{engine}.sql").read_text(encoding="utf-8")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

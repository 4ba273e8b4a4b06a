"""The sequences of a database, as a template is to hold them."""

from __future__ import annotations

from typing import Any

SEQUENCES = """
select format('select setval(%L, last_value, is_called) from %I.%I',
              format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n
    on n.oid = c.relnamespace
where has_sequence_privilege(s.seqrelid, 'SELECT') and has_sequence_privilege(s.seqrelid, 'UPDATE')
"""


def settle_sequences(connection: Any) -> None:
    """Set each sequence to where it stands, so that none has numbers fetched ahead.

    The first use of it in a clone is then written to the log, and seen in its row.
    """
    statements = [row[0] for row in connection.execute_simple(SEQUENCES).rows]
    if statements:
        connection.execute_simple(";".join(statements))

"""What the database reads when it is read itself."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_of_sqlalchemy_is_read_while_another_thread_asks_the_database() -> None:
    """DBOS reads the ORM, which tells SQLAlchemy of itself before it is whole: a query of another thread failed then."""
    line = "import sys, producertwin.library.database; print('sqlalchemy.orm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"

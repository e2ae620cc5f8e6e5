"""Records the responses in `recorded_responses.json` again, after a change that alters them.

Run it from the root of the project, and read the diff before you commit it:

    python -m pytest tests/system/recorded/record_responses.py

pytest starts the servers; it collects this file only if it is named. To record another request, add
its entry without a response at the right place of the file first; `replay.py` describes the format.
"""

from pathlib import Path

from tests.system.recorded.replay import RunServer, read_recorded, replay, write_recorded


def test_record(run_server: RunServer, tmp_path: Path) -> None:
    stages = read_recorded()
    responses = replay(stages, run_server, tmp_path)
    for entries in stages.values():
        for entry in entries:
            entry["response"] = responses[entry["about"]]._asdict()
    write_recorded(stages)

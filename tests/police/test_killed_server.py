"""A list asked of a server that is killed: what the officer's program reads afterwards."""

from __future__ import annotations

import http.client
from itertools import islice
from pathlib import Path

from benchmarks.crosscheck.clients import TIMEOUT, put_in, read_answers
from benchmarks.crosscheck.station import opened, prepared
from benchmarks.service.house import server

PEOPLE, QUESTIONS, READ = 60, 600, 80


def test_read_on_behind_the_cursor_after_the_server_was_killed_every_answer_comes_once(
    tmp_path: Path,
) -> None:
    questions = prepared(tmp_path, PEOPLE, QUESTIONS, 5)
    doors = opened(tmp_path, len(questions), 0)
    with server(tmp_path) as standing:
        line = http.client.HTTPConnection("127.0.0.1", standing.port, timeout=TIMEOUT)
        path = put_in(line, doors.officer, doors.request, questions)
        numbers = [a["number"] for a in islice(read_answers(line, doors.officer, path), READ)]
        standing.kill()
        line.close()
        standing.again()
        line = http.client.HTTPConnection("127.0.0.1", standing.port, timeout=TIMEOUT)
        left = list(read_answers(line, doors.officer, path, numbers[-1]))
        line.close()
    assert numbers + [a["number"] for a in left] == list(range(1, len(questions) + 1))
    assert {a["answer"] for a in left} <= {"candidates", "nobody"}
    assert len(numbers) < len(questions), "it was killed on the way"

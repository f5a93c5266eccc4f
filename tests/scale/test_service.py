"""The figures of a loaded day: who was served, who was refused politely, who was let down."""

from __future__ import annotations

from benchmarks.service.day import Answer, Diary


def test_a_refusal_is_polite_only_if_it_says_when_to_come_back() -> None:
    diary = Diary()
    for number in range(1, 101):
        diary.write(Answer("search", 201, number / 1000))
    diary.write(Answer("search", 503, 9.0, retry_after=True))
    diary.write(Answer("search", 429, 9.0, retry_after=True))
    for status in (503, 500, 0):
        diary.write(Answer("read", status, 9.0))
    told = diary.summary(10.0)
    assert told["errors"] == 3
    assert told["refused"] == 2
    assert told["requests_per_second"] == 10.0
    assert told["p50_ms"] == 50.5
    assert 99 <= told["p99_ms"] <= 100
    assert diary.by_kind()["search"]["count"] == 100

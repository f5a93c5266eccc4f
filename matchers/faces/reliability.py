"""The reliability picture: how many bits were claimed against how many the pairs bear out.

A point on the diagonal is honest, above it cautious, below it boastful (where bits speak for one
person; where they speak against, the other way round). Rows come from `evaluation.reliability`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Rows = Sequence[Mapping[str, float]]

_SIDE, _EDGE, _MOST = 360, 44, 12.0
_WIDE = 41


def svg(rows: Rows, title: str) -> str:
    """The picture as a standalone SVG document; points beyond ±12 bits stand at the edge."""
    low, high = _EDGE, _SIDE - _EDGE
    middle = _at(0.0, low, high)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" role="img" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{_SIDE}" height="{_SIDE}" fill="#fff"/>',
        f'<path d="M{low} {high}L{high} {low}" stroke="#999" stroke-dasharray="4 4"/>',
        f'<path d="M{low} {low}V{high}H{high}" fill="none" stroke="#333"/>',
        f'<path d="M{middle} {low}V{high}M{low} {_upwards(0.0, low, high)}H{high}" stroke="#ddd"/>',
    ]
    for tick in (-10, -5, 0, 5, 10):
        at = _at(tick, low, high)
        lines += [
            f'<text x="{at}" y="{high + 16}" text-anchor="middle">{tick}</text>',
            f'<text x="{low - 6}" y="{_upwards(tick, low, high) + 4}" '
            f'text-anchor="end">{tick}</text>',
        ]
    lines += [
        f'<text x="{(low + high) // 2}" y="{high + 34}" text-anchor="middle">'
        "分量 / bits claimed</text>",
        f'<text transform="translate(14 {(low + high) // 2}) rotate(-90)" text-anchor="middle">'
        "实际 / bits observed</text>",
    ]
    lines += [
        f'<circle cx="{_at(row["claimed"], low, high)}" cy="{_upwards(row["observed"], low, high)}"'
        ' r="5" fill="#0b5f5a"/>'
        for row in rows
    ]
    return "\n".join([*lines, "</svg>", ""])


def drawing(rows: Rows) -> str:
    """The picture in characters, for a terminal: `·` what was claimed, `●` what was observed."""
    lines = []
    for row in rows:
        line = [" "] * _WIDE
        line[_WIDE // 2] = "|"
        line[_column(row["claimed"])] = "·"
        line[_column(row["observed"])] = "●"
        lines.append(f"{row['claimed']:+5.0f} {''.join(line)} {row['observed']:+6.1f}")
    return "\n".join(lines)


def _clamped(bits: float) -> float:
    return max(-_MOST, min(_MOST, bits))


def _at(bits: float, low: int, high: int) -> float:
    return round(low + (_clamped(bits) + _MOST) / (2 * _MOST) * (high - low), 1)


def _upwards(bits: float, low: int, high: int) -> float:
    return round(low + high - _at(bits, low, high), 1)


def _column(bits: float) -> int:
    return round((_clamped(bits) + _MOST) / (2 * _MOST) * (_WIDE - 1))

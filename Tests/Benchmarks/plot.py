"""Bars as SVG, small and without any library; its text follows the light or dark scheme of whoever looks."""

from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, LABEL, VALUE, ROW, BAR, HEAD = 780, 244, 64, 22, 14, 34
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.own { fill: #d9480f }
.direct { fill: #1c7ed6 }
.cached { fill: #74a9d8 }
.unread { fill: #9aa4ad }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
"""
LEGEND = {"own": "burin", "direct": "reads back past the cache", "cached": "reads back through the cache",
          "unread": "never reads back"}


class Bar(NamedTuple):
    """A bar: its name, how long it is, what stands at its end, and a kind of the legend."""

    name: str
    value: float
    text: str
    kind: str


class Panel(NamedTuple):
    """Bars that share a scale."""

    title: str
    bars: list[Bar]


def drawn(panels: list[Panel]) -> str:
    parts: list[str] = []
    top = 0
    for panel in panels:
        parts += _drawn_panel(panel, top)
        top += HEAD + ROW * len(panel.bars)
    parts += _drawn_legend(top, {bar.kind for panel in panels for bar in panel.bars})
    height = top + HEAD
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f"<title>{escape(', '.join(panel.title for panel in panels))}</title>", f"<style>{STYLE}</style>", *parts,
        "</svg>", ""])


def _drawn_panel(panel: Panel, top: int) -> list[str]:
    longest = max(bar.value for bar in panel.bars) or 1
    parts = [f'<text class="title" x="0" y="{top + 20}">{escape(panel.title)}</text>']
    for number, bar in enumerate(panel.bars):
        middle = top + HEAD + ROW * number
        length = max(1, (WIDTH - LABEL - VALUE) * bar.value / longest)
        parts += [f'<text x="{LABEL - 8}" y="{middle + 12}" text-anchor="end">{escape(bar.name)}</text>',
                  f'<rect class="{bar.kind}" x="{LABEL}" y="{middle}" width="{length:.1f}" height="{BAR}" rx="2"/>',
                  f'<text x="{LABEL + length + 6:.1f}" y="{middle + 12}">{escape(bar.text)}</text>']
    return parts


def _drawn_legend(top: int, kinds: set[str]) -> list[str]:
    parts = []
    left = 0
    for kind, text in LEGEND.items():
        if kind in kinds:
            parts += [f'<rect class="{kind}" x="{left}" y="{top + 10}" width="12" height="12" rx="2"/>',
                      f'<text x="{left + 18}" y="{top + 21}">{text}</text>']
            left += 40 + 7 * len(text)
    return parts

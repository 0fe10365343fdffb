"""Whether a page fits its window: nothing sideways, and no two things to press in one place."""

from contextlib import suppress
from typing import Any, Final

from support.waiting import wait_until

WIDTHS: Final = (360, 390, 768, 820, 900, 1024, 1280, 1920)
"""Phones, tablets upright and sideways, a small window, a laptop and a large screen, in pixels. Narrow first: a chart
follows its window a frame late, and while it is narrower than its place it can't be too wide."""
HEIGHT: Final = 1180

MEASURE: Final = """
() => {
  const root = document.documentElement, width = root.clientWidth, found = [], styles = new Map();
  const style = one => styles.get(one) ?? styles.set(one, getComputedStyle(one)).get(one);
  const name = one => {
    const said = (one.getAttribute("aria-label") || one.innerText || one.value || one.name || "").trim();
    const kind = one.classList.length ? "." + [...one.classList].slice(0, 2).join(".") : "";
    return `<${one.localName}${kind}> ${said.replace(/\\s+/g, " ").slice(0, 40)}`;
  };
  const scrolls = one => !["visible", "clip"].includes(style(one).overflowX);
  if (root.scrollWidth > width + 1) {  // half a pixel is rounded up to a whole one
    const wide = [...document.body.querySelectorAll("*")].filter(one => {
      if (one.getBoundingClientRect().right <= width + 0.5) return false;
      for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) if (scrolls(up)) return false;
      return true;
    });
    const least = wide.filter(one => !wide.some(other => other !== one && one.contains(other)));
    found.push(`${root.scrollWidth - width} px too wide: ` + least.slice(0, 3).map(name).join(" | "));
  }
  // What a press can reach of each: boxes of its lines, without what its scrolling ancestors hide.
  const reach = [];
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
  for (const one of document.querySelectorAll(all)) {
    if (!one.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    if (style(one).pointerEvents === "none") continue;
    let clip = {left: -1e6, top: -1e6, right: 1e6, bottom: 1e6}, layer = null;
    for (let up = one; up && up !== root; up = up.parentElement) {
      // An open menu lies over the page on purpose.
      if (["fixed", "sticky"].includes(style(up).position) || up.matches(".pop-sheet")) layer ??= up;
      if (up === one || up === document.body || style(up).overflowX === "visible") continue;
      const box = up.getBoundingClientRect();
      clip = {left: Math.max(clip.left, box.left), top: Math.max(clip.top, box.top),
              right: Math.min(clip.right, box.right), bottom: Math.min(clip.bottom, box.bottom)};
    }
    for (const box of one.getClientRects()) {
      const left = Math.max(box.left, clip.left), right = Math.min(box.right, clip.right);
      const top = Math.max(box.top, clip.top), bottom = Math.min(box.bottom, clip.bottom);
      if (right - left > 2 && bottom - top > 2) reach.push({one, layer, left, right, top, bottom});
    }
  }
  reach.sort((a, b) => a.top - b.top);
  const told = new Set();
  reach.forEach((a, at) => {
    for (const b of reach.slice(at + 1)) {
      if (b.top >= a.bottom - 2) break;
      if (a.layer !== b.layer || a.one === b.one || a.one.contains(b.one) || b.one.contains(a.one)) continue;
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) <= 2) continue;
      if (Math.min(a.bottom, b.bottom) - b.top <= 2) continue;
      told.add(`${name(a.one)} over ${name(b.one)}`);
    }
  });
  return [...found, ...[...told].slice(0, 5)];
}
"""


def resize(page: Any, width: int) -> None:
    """Make the window so wide, which costs the browser a layout unless it's that wide already."""
    if page.viewport_size != (wanted := {"width": width, "height": HEIGHT}):
        page.set_viewport_size(wanted)


def misfits(page: Any, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """Return what is too wide or overlaps in a page that is open, by width of the window, one line each."""
    found = []
    for width in widths:
        resize(page, width)
        found += [f"{width} px: {line}" for line in _settled(page)]
    return found


def _settled(page: Any) -> list[str]:
    """Measure until it fits, for a second: fonts and charts may arrive after the page."""
    lines: list[str] = []

    def fits() -> bool:
        lines[:] = page.evaluate(MEASURE)
        return not lines

    with suppress(AssertionError):
        wait_until(fits, "a page that fits", seconds=1, pause=0.1)
    return lines

"""What shuts somebody out of a page: what axe holds to be serious, and what large letters push off the screen.

`WEB_LOOKS=all` tries every look of `web/src/look`; otherwise the one at hand, and the one that is the furthest from it.
"""

import itertools
import os
from collections.abc import Iterator, Mapping

from playwright.sync_api import Page, ViewportSize

from tests.web.site import ROOT

_AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
_ALL = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# What can change with the look alone.
_LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
_EVERY_LOOK = itertools.product(("light", "dark"), ("normal", "high"), ("normal", "large", "huge"))
_TRIED = tuple(_EVERY_LOOK) if os.environ.get("WEB_LOOKS") == "all" else ()
_PUT_ON = "look => Object.assign(document.documentElement.dataset, look)"
_WORN = "() => ({ ...document.documentElement.dataset })"
# Not of `innerWidth`: a phone widens that until everything has its place.
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_NARROW: ViewportSize = {"width": 360, "height": 740}
# Letters twice as large, as a browser enlarges them: everything is measured in rem. Named is what begins to stick out.
_ENLARGED = """() => {
  const root = document.documentElement
  root.style.fontSize = '200%'
  const out = one => one && one.getBoundingClientRect().right > root.clientWidth + 1
  const rolls = one => one && (getComputedStyle(one).overflowX !== 'visible' || rolls(one.parentElement))
  const found = root.scrollWidth <= root.clientWidth ? [] : [...document.querySelectorAll('body *')]
    .filter(one => out(one) && !out(one.parentElement) && !rolls(one.parentElement))
    .map(one => one.outerHTML.slice(0, 120))
  root.style.fontSize = ''
  return found
}"""

# Numbers and words of Latin letters of which a part stands on the next line.
_BROKEN = """() => {
  const found = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const text = texts.currentNode
    for (const word of text.data.matchAll(/[\\w.,:%]+/g)) {
      const range = document.createRange()
      range.setStart(text, word.index)
      range.setEnd(text, word.index + word[0].length)
      if (new Set([...range.getClientRects()].map(one => Math.round(one.top))).size > 1) found.push(word[0])
    }
  }
  return found
}"""


def shut_out(page: Page) -> list[str]:
    """Everything that keeps somebody out of a page, as it is and with large letters on a narrow phone."""
    wide = ["wider than the screen"] if page.evaluate(_WIDE) else []
    broken = [f"broken in two: {one}" for one in page.evaluate(_BROKEN)]
    return complaints(page) + wide + broken + _pushed_out(page)


def complaints(page: Page) -> list[str]:
    """What is wrong with a page, with the elements; it looks as before afterwards."""
    page.evaluate(_AXE)
    found = _serious(page, _ALL)
    worn = page.evaluate(_WORN)
    for look in _others(worn):
        page.evaluate(_PUT_ON, look)
        found += [f"{'-'.join(look.values())}: {one}" for one in _serious(page, _ALL if _TRIED else _LOOKS)]
    page.evaluate(_PUT_ON, worn)
    return found


def _others(worn: dict[str, str]) -> Iterator[dict[str, str]]:
    shade = "light" if worn["shade"] == "dark" else "dark"
    for one in _TRIED or ((shade, "high", "huge"),):
        yield dict(zip(("shade", "contrast", "size"), one, strict=True))


def _serious(page: Page, rules: Mapping[str, object]) -> list[str]:
    violations = page.evaluate("rules => axe.run(rules)", rules)["violations"]
    return [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


def _pushed_out(page: Page) -> list[str]:
    size = page.viewport_size
    page.set_viewport_size(_NARROW)
    wide = page.evaluate(_ENLARGED)
    if size:
        page.set_viewport_size(size)
    return [f"wider than a narrow phone with large letters: {one}" for one in wide]

"""What a page in the browser must hold to whatever it shows: texts that can be read, names and sizes of its controls
(WCAG 2.2 AA), asked of the page itself by computation. And how a test waits for what the page or its server does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page

PALE = """() => {
    const rgb = (text) => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        return text.startsWith('color(srgb') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((one, n) => one * a + under[n] * (1 - a));
    const ground = (element) => {
        if (!element) return [255, 255, 255];
        const colour = rgb(getComputedStyle(element).backgroundColor);
        return colour[3] === 1 ? colour.slice(0, 3) : over(colour, ground(element.parentElement));
    };
    const light = (colour) => {
        const part = (one) => ((one /= 255) <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = colour.map(part);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
        const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
        return (high + 0.05) / (low + 0.05);
    };
    const found = new Set();
    const check = (element, style, text) => {
        const under = ground(element);
        const [size, bold] = [parseFloat(style.fontSize), Number(style.fontWeight) >= 700];
        const needed = size >= 24 || (size >= 18.66 && bold) ? 3 : 4.5;
        const value = contrast(over(rgb(style.color), under), under);
        const name = `${element.className || element.tagName} "${text.slice(0, 24)}"`;
        if (value < needed) found.add(`${name} ${value.toFixed(2)}`);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const text = texts.currentNode.textContent.trim();
        if (!text || element.closest(':disabled, option, .heard, [data-off="true"]')) continue;
        if (element.checkVisibility()) check(element, getComputedStyle(element), text);
    }
    for (const field of document.querySelectorAll('input, textarea')) {
        if (!field.placeholder || field.matches(':disabled') || !field.checkVisibility()) continue;
        check(field, getComputedStyle(field, '::placeholder'), field.placeholder);
    }
    return [...found];
}"""
"""Texts whose contrast with their ground is under 4.5 (3 where they are large); what is disabled is exempt."""

NAMELESS = """() => [...document.querySelectorAll('button, a, input, select, textarea, [role=tab], [role=dialog], [role=radiogroup]')]
    .filter((one) => one.checkVisibility() && one.type !== 'hidden')
    .filter((one) => {
        const label = one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || [...(one.labels ?? [])].map((l) => l.textContent).join('');
        const text = one.matches('button, a, [role=tab]') ? one.textContent : '';
        return !(label || text || one.title).trim();
    })
    .map((one) => one.outerHTML.slice(0, 120))"""  # noqa: E501
SMALL_TARGETS = """() => [...document.querySelectorAll('button, a, select, input, [role=tab]')]
    .filter((one) => one.checkVisibility() && !one.matches('[type=hidden], [type=radio], .plain, .sent button'))
    .filter((one) => one.getBoundingClientRect().height < 24 || one.getBoundingClientRect().width < 24)
    .map((one) => `${one.className} ${one.textContent.slice(0, 20)} ${Math.round(one.getBoundingClientRect().width)}x${Math.round(one.getBoundingClientRect().height)}`)"""  # noqa: E501
"""Controls under the 24 by 24 pixels of WCAG 2.2, 2.5.8."""

FRAMES = "async () => { for (let n = 0; n < 2; n++) await new Promise((done) => requestAnimationFrame(done)); }"
"""Two frames: what listens to a size has had its turn."""

TOASTS = """new MutationObserver((changes) => {
    for (const node of changes.flatMap((one) => [...one.addedNodes])) {
        if (node.classList?.contains('toast')) (window.toasts ??= []).push([node.dataset.kind ?? '', node.textContent]);
    }
}).observe(document, { subtree: true, childList: true });"""


async def until(holds: Callable[[], Any]) -> None:
    """Wait until the server, which is in this process, has it so: nothing else can tell. TimeoutError after a
    minute."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


async def keep_toasts(page: Page) -> None:
    """Note every toast from the next page on: they go after some seconds, whether anybody has looked or not."""
    await page.add_init_script(TOASTS)


async def toasted(page: Page, words: str, kind: str = "") -> None:
    """Wait until a toast has said these words, be it still there or gone. ``kind`` is good or bad; "" is any."""
    await page.wait_for_function(
        "([words, kind]) => (window.toasts ?? []).some(([of, said]) => said.includes(words) && of.includes(kind))",
        arg=[words, kind],
    )


async def resize(page: Page, width: int, height: int) -> None:
    """Give the window another size; returns when the page has been drawn in it."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height", arg=[width, height]
    )
    await page.evaluate(FRAMES)


async def looks_right(page: Page) -> list[str]:
    """The faults of what the page shows now, in words; none when all is well."""
    faults: list[str] = []
    for script in (PALE, NAMELESS, SMALL_TARGETS):
        faults += await page.evaluate(script)
    return faults

// Small parts of the side and the panels: words in both languages, icons, a time that runs, the bar that fills to the promise,
// and the button of an act that says why it cannot.

import { inOrder, words } from '../i18n.js';
import { icon } from '../icons.js';
import { filledTo, waitLevel } from '../queues.js';
import { clockText } from '../states.js';
import { html, useLayoutEffect, useRef } from '../vendor/preact.js';

/** Words of a key, or a pair: Chinese and small English. */
export function T({ k, pair, ...values }) {
  const [zh, en] = inOrder(pair ?? words(k, values));
  return en ? html`${zh} <small lang="en">${en}</small>` : zh;
}

/** Chinese alone; the English is the title. */
export function Zh({ k, pair, ...values }) {
  const [zh, en] = inOrder(pair ?? words(k, values));
  return html`<span title=${en}>${zh}</span>`;
}

export function Icon({ name }) {
  const place = useRef(null);
  useLayoutEffect(() => place.current.replaceChildren(icon(name)), [name]);
  return html`<span class="i" ref=${place}></span>`;
}

/** How long since `since`, running with the page's clock. */
export function Since({ page, since }) {
  return html`<span class="t">${since ? clockText(Math.max(0, page.now.value - since)) : '—'}</span>`;
}

/** The wait as a bar that is full at the promise of the queue (15 s by the national standard). */
export function WaitBar({ page, since, promise }) {
  const passed = Math.max(0, page.now.value - since);
  const style = { backgroundSize: filledTo(passed, promise) };
  return html`<span class="meter" data-wait=${waitLevel(passed, promise)} style=${style}></span>`;
}

/** How near a wait is to the promise, as an attribute's value. */
export const levelOf = (page, since, promise) => waitLevel(Math.max(0, page.now.value - since), promise);

/** An act: its words, and instead of being only grey why it cannot be done. */
export function ActButton({ page, id, name, picture, why = '', onClick, pressed, danger = false, short = false }) {
  const going = page.acts.pending.value.has(id);
  const [zh, en] = words(`act.${name}`);
  const reason = why ? words(why) : null;
  return html`<button type="button" class=${danger ? 'act danger' : 'act'} data-act=${name} data-going=${going} disabled=${Boolean(why) || going}
    aria-pressed=${pressed === undefined ? null : String(pressed)} title=${reason ? reason.join(' ') : en} onClick=${onClick}>
    <${Icon} name=${picture} /><span><b>${zh}</b>${short && !reason ? null : html`<small>${going ? words('act.wait')[0] : reason ? reason[0] : en}</small>`}</span>
  </button>`;
}

// Small parts that the desk's frame is made of: icons, clocks, a ring, a menu. Each draws what it is given and knows nothing else.

import { clockText } from '../states.js';
import { html, useLayoutEffect, useRef } from '../vendor/preact.js';
import { useKeys } from './keys.js';
import { wallClock } from './times.js';
import { say } from './words.js';

// Line icons on a 24-unit square, drawn in the colour of the text: one for each state, so that colour never stands alone.
const PATHS = {
  ready: 'M20 6 9 17l-5-5',
  notice: 'M4 10v4h3l7 4V6l-7 4H4zM17.5 9a4 4 0 0 1 0 6M20 6.5a8 8 0 0 1 0 11',
  ringing: 'M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  reserved: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18',
  monitored: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  talking: 'M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2',
  held: 'M8 5v14M16 5v14',
  consulting: 'M4 5h16v11h-9l-4 4v-4H4zM9 10h6',
  three_way: 'M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 20c0-6 12-6 12 0M16 5a3 3 0 0 1 0 6M17.500 14.500c2.500 .5 3.500 2.500 3.500 5.500',
  outbound: 'M7 17 17 7M9 7h8v8',
  wrap_up: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  not_ready: 'M4 9h12v6a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4zM16 11h2a2.500 2.500 0 0 1 0 5h-2M8 3v2M12 3v2',
  offline: 'M12 4 2.500 20h19zM12 10v4M12 17v.1',
  signed_out: 'M12 3v8M6.500 7a8 8 0 1 0 11 0',
  hangup: 'M3 15c5-6 13-6 18 0l-2.500 2.500-4-2v-2.500c-1.500-.6-3.500-.6-5 0v2.500l-4 2z',
  mute: 'M9 9v2a3 3 0 0 0 5 2.200M15 10V6a3 3 0 0 0-5.800-1M5 11a7 7 0 0 0 11 5.600M19 11a7 7 0 0 1-.5 2.600M12 18v3M4 4l16 16',
  mic: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3M5 11a7 7 0 0 0 14 0M12 18v3',
  pad: 'M6 5h.1M12 5h.1M18 5h.1M6 11h.1M12 11h.1M18 11h.1M6 17h.1M12 17h.1M18 17h.1',
  free: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M8.500 12l2.500 2.500 4.500-5',
  busy: 'M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2',
  failing: 'M12 4 2.500 20h19zM12 10v4M12 17v.1',
  closed: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4l3 2',
  readout: 'M4 10v4h4l5 4V6L8 10zM16.500 9a4.500 4.500 0 0 1 0 6M19 6.500a8 8 0 0 1 0 11',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.500 4.500',
  more: 'M6 9l6 6 6-6',
  headset: 'M4 15v-3a8 8 0 0 1 16 0v3M4 14h3v6H5a1 1 0 0 1-1-1zM20 14h-3v6h2a1 1 0 0 0 1-1z',
  desk_phone: 'M5 4h3v16H5zM11 5h9v14h-9zM14 9h3M14 13h.1M17 13h.1M14 16h.1M17 16h.1',
  link: 'M4 12a12 12 0 0 1 16 0M7 15.500a7.500 7.500 0 0 1 10 0M12 19.500v.1',
  close: 'M6 6l12 12M18 6 6 18',
  out: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  queue: 'M4 7h16M4 12h16M4 17h10',
  flow: 'M6 4h5v5H6zM13 15h5v5h-5zM8.500 9v8.500H13',
  arrow: 'M5 12h14M13 6l6 6-6 6',
};

export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name] ?? ''} /></svg>`;

/** Seconds since `since` as a clock that goes with the desk's time. Only this is drawn anew each second. */
export function Since({ store, since, big = false }) {
  if (since === null || since === undefined) return null;
  return html`<time class=${big ? 'since big' : 'since'}>${clockText(Math.max(0, store.now.value - since))}</time>`;
}

const ROUND = 2 * Math.PI * 15;

/** What is left of a span as a ring that runs out. Times are epoch seconds. */
export function Ring({ store, from, until }) {
  const left = Math.max(0, until - store.now.value);
  const share = Math.min(1, left / Math.max(1, until - from));
  return html`<span class="ring" role="timer" aria-live="off">
    <svg viewBox="0 0 36 36" aria-hidden="true">
      <circle class="whole" cx="18" cy="18" r="15" />
      <circle class="left" cx="18" cy="18" r="15" stroke-dasharray=${`${(share * ROUND).toFixed(1)} 100`} />
    </svg>
    <b>${Math.ceil(left)}</b>
  </span>`;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** A menu beside the button that opened it: arrows move, Escape and a press elsewhere close it, the focus goes back. */
export function Menu({ close, right = false, children }) {
  const box = useRef(null);
  useKeys([['Escape', say('run.close'), close]], say('keys.seat'));
  useLayoutEffect(() => {
    const menu = box.current;
    const opener = document.activeElement;
    menu.querySelector('button:enabled')?.focus();
    const away = (event) => {
      if (!menu.parentElement.contains(event.target)) close();
    };
    document.addEventListener('pointerdown', away);
    return () => {
      document.removeEventListener('pointerdown', away);
      if (menu.contains(document.activeElement)) opener?.focus?.();
    };
  }, []);
  const step = (event) => {
    if (!STEPS[event.key]) return;
    const items = [...box.current.querySelectorAll('button:enabled')];
    event.preventDefault();
    items.at((items.indexOf(document.activeElement) + STEPS[event.key]) % items.length)?.focus();
  };
  return html`<div class=${right ? 'menu right' : 'menu'} role="menu" ref=${box} onKeyDown=${step}>${children}</div>`;
}

/** Hours, minutes and seconds on the hall's wall. */
export function Clock({ store }) {
  const timeZone = store.hall.value?.zone ?? 'Asia/Shanghai';
  return html`<time class="clock">${wallClock(store.now.value, timeZone)}</time>`;
}

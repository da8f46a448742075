// Small parts of the roster's page.

import { words } from '../i18n.js';
import { icon } from '../icons.js';
import { html, useEffect, useRef } from '../vendor/preact.js';

/** Both languages of a key, its % filled in. */
export function W({ k, n = '' }) {
  const [zh, en] = words(k);
  return html`${zh.replace('%', n)}${en ? html` <small lang="en">${en.replace('%', n)}</small>` : null}`;
}

export function Icon({ name }) {
  const place = useRef(null);
  useEffect(() => place.current.replaceChildren(icon(name)), [name]);
  return html`<span class="ic" ref=${place}></span>`;
}

export const timeAt = (epoch, timeZone) => new Date(epoch * 1000).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone });

const WEEKDAYS = [['日', 'Sun'], ['一', 'Mon'], ['二', 'Tue'], ['三', 'Wed'], ['四', 'Thu'], ['五', 'Fri'], ['六', 'Sat']]; // prettier-ignore

export const weekday = (day) => WEEKDAYS[new Date(`${day}T12:00:00Z`).getUTCDay()];

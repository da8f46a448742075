// Small parts of the roster's page.

import { inOrder, words } from '../i18n.js';
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

const WEEKDAYS = [['周日', 'Sun'], ['周一', 'Mon'], ['周二', 'Tue'], ['周三', 'Wed'], ['周四', 'Thu'], ['周五', 'Fri'], ['周六', 'Sat']]; // prettier-ignore

export const weekday = (day) => inOrder(WEEKDAYS[new Date(`${day}T12:00:00Z`).getUTCDay()]);

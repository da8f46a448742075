// What a written ticket looks like wherever it stands: the sign of its channel, and how long the citizen has waited.

import { clockText } from '../states.js';
import { html } from '../vendor/preact.js';
import { say } from './words-inbox.js';

const CHANNELS = {
  wechat: 'M9.500 4C5.400 4 2 6.700 2 10c0 1.900 1.100 3.500 2.800 4.600L4 17l2.800-1.400a9 9 0 0 0 2.700.4M15.500 9C12 9 9.500 11.200 9.500 14s2.700 5 6 5a7 7 0 0 0 2-.3L20 20l-.6-2c1.600-.9 2.600-2.400 2.600-4 0-2.800-2.900-5-6.500-5',
  weibo: 'M10 8c-5 1-8 4-7 7.500S9 20 13 19s6-4 5-6.500c-.5-1-1.500-1.500-2.500-1.500 1-3-1.500-4-5.500-3M16 4a5 5 0 0 1 5 6M8 15.500h.1M11 15h.1',
  sms: 'M4 5h16v11h-9l-4 4v-4H4zM8 10.500h.1M12 10.500h.1M16 10.500h.1',
  email: 'M3 6h18v12H3zM3 7l9 7 9-7',
  web: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18',
  app: 'M8 3h8v18H8zM11 18h2',
  partner: 'M7 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M17 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 19c0-6 10-6 10 0M12 19c0-6 10-6 10 0',
};
CHANNELS.open311 = CHANNELS.web;

export const ChannelIcon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${CHANNELS[name] ?? CHANNELS.sms} /></svg>`;

const DAY_S = 86400;

/** A span as people say it: 2:05, or 3 小时 beyond the first hour. */
export function span(seconds) {
  if (seconds < 3600) return clockText(Math.max(0, seconds));
  const hours = Math.floor(seconds / 3600);
  return seconds < DAY_S * 2 ? `${hours} 小时` : `${Math.floor(seconds / DAY_S)} 天`;
}

/** How long the citizen has waited against the limit: `level` is calm, soon (the last third) or over. */
export function waiting(item, now) {
  if (item.due_at === null) return { level: 'answered', share: 0, words: say('wait.answered') };
  const limit = item.due_at - item.first_at;
  const waited = now - item.first_at;
  if (now > item.due_at) return { level: 'over', share: 1, words: say('wait.over', { t: span(now - item.due_at) }) };
  const level = waited > (limit * 2) / 3 ? 'soon' : 'calm';
  return { level, share: waited / limit, words: say('wait.of', { t: span(waited), limit: span(limit) }) };
}

export function Wait({ item, store }) {
  const { level, share, words } = waiting(item, store.now.value);
  return html`<span class="wait" data-level=${level} role="timer">
    <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="whole" width="100" height="4" /><rect class="gone" width=${Math.min(100, share * 100).toFixed(1)} height="4" /></svg>
    <span>${words[0]}</span></span>`;
}

// What a seat is doing, in one word, one colour and one icon, from the three fields of its state; and since when, and
// whether that is too long. Plain functions of a seat, the plan and the time.

import { english, inOrder, words } from './i18n.js';

export const LEGEND = ['ready', 'ringing', 'talking', 'three_way', 'held', 'wrap_up', 'not_ready', 'offline', 'signed_out'];

const GROUP = { reserved: 'ringing', outbound: 'talking', monitored: 'talking', consulting: 'three_way' };

/** Seconds after which the shift lead should look. */
const LONG = { talking: 600, outbound: 600, held: 120, ringing: 20 };

/** The state's key: what happens on the line comes before what the agent has chosen. */
export function stateOf(seat) {
  if (seat.activity && seat.activity !== 'idle') return seat.activity;
  if (seat.presence === 'signed_out') return 'signed_out';
  return seat.reachable ? seat.presence : 'offline';
}

export const groupOf = (state) => GROUP[state] ?? state;

/** When the shown state began, in epoch seconds, or null. */
export function sinceOf(seat) {
  return seat.activity && seat.activity !== 'idle' ? seat.since : (seat.presence_since ?? seat.since);
}

/** [Chinese, English]; a rest is called by its reason. */
export function wordOf(seat, reasons) {
  const state = stateOf(seat);
  const reason = state === 'not_ready' ? reasons.get(seat.reason) : undefined;
  return reason ? inOrder([reason.name, reason.name_en ?? '']) : words(`state.${state}`);
}

/** Seconds to show: what is left of a wrap-up, else what has passed. Null when nothing is timed. */
export function shownSeconds(seat, now) {
  if (stateOf(seat) === 'wrap_up' && seat.wrap_up_until) return Math.max(0, seat.wrap_up_until - now);
  const since = sinceOf(seat);
  return since ? Math.max(0, now - since) : null;
}

/** Why the shift lead should look at this seat ('talking', 'not_ready', 'offline' ...), or ''. */
export function lateness(seat, reasons, now) {
  const state = stateOf(seat);
  if (state === 'offline') return 'offline';
  const passed = now - (sinceOf(seat) ?? now);
  if (state === 'not_ready') {
    const most = (reasons.get(seat.reason)?.max_minutes ?? 0) * 60;
    return most && passed > most ? 'not_ready' : '';
  }
  return passed > (LONG[state] ?? Infinity) ? (state === 'outbound' ? 'talking' : state) : '';
}

/** 75 -> "1:15", 3700 -> "1:01:40", "1h01" where there is little room (short 1), 15:06 -> "15分" (15m) where there is less. */
export function clockText(seconds, short = 0) {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, '0');
  if (h && short) return `${h}h${two(m)}`;
  if (m >= 10 && short > 1) return english ? `${m}m` : `${m}分`;
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// Until when: the moments that a lead may choose, as epoch seconds by the hall's clock.

import { words } from '../i18n.js';
import { make } from '../lead/shell.js';

const HOURS = [1, 2, 4, 8];

/** Seconds until midnight in a zone. */
export function toMidnight(now, zone) {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' }).formatToParts(now * 1000);
  const of = (type) => Number(parts.find((one) => one.type === type).value);
  return 86400 - of('hour') * 3600 - of('minute') * 60 - of('second');
}

/** A select of ends; `open` adds "until a person ends it" with the value ''. */
export function untilSelect(now, zone, { open = false, chosen = '3600' } = {}) {
  const options = [['1800', words('ask.half')], ...HOURS.map((n) => [String(n * 3600), words('ask.hours', { n })]), ['midnight', words('ask.midnight')]];
  if (open) options.unshift(['', words('ask.until_open')]);
  return make('select', { name: 'until' }, ...options.map(([value, [zh]]) => make('option', { value, selected: value === chosen }, zh)));
}

/** What was chosen as epoch seconds, or null for no end. */
export function untilOf(value, now, zone) {
  if (!value) return null;
  return now + (value === 'midnight' ? toMidnight(now, zone) : Number(value));
}

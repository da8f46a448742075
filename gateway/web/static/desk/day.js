// My day: calls, talk, wrap-up, tickets, what went on late, how citizens rated it, and the calls of each hour as bars.

import { clockText } from '../states.js';
import { html, useEffect, useRef, useSignal } from '../vendor/preact.js';
import { say, W } from './words-inbox.js';

const EVERY_MS = 60000;
const AGAIN_MS = 15000;
const FIRST_HOUR = 7;
const LAST_HOUR = 21;

const hours = (seconds) => (seconds >= 3600 ? `${(seconds / 3600).toFixed(1)} h` : clockText(seconds));

function Figure({ k, value, level }) {
  return html`<div class="figure" data-level=${level}><b>${value}</b><small>${say(k)[0]}</small></div>`;
}

/** The hours of the day as bars; those before and after show only when something was done in them. */
function Hours({ counts }) {
  const done = counts.map((n, hour) => (n ? hour : null)).filter((hour) => hour !== null);
  const first = Math.min(FIRST_HOUR, ...done);
  const last = Math.max(LAST_HOUR, ...done);
  const most = Math.max(1, ...counts);
  const shown = counts.slice(first, last + 1);
  const text = done.map((hour) => `${hour}:00 ${counts[hour]}`).join('，');
  return html`<svg class="hours" viewBox=${`0 0 ${shown.length * 8} 24`} role="img" preserveAspectRatio="none"><title>${say('day.hours')[0]} ${text}</title>
    ${shown.map((n, place) => {
      const height = n ? Math.max(2, (n / most) * 24) : 1;
      return html`<rect key=${place} data-none=${!n} x=${place * 8 + 1} width="6" y=${24 - height} height=${height} />`;
    })}</svg>`;
}

export function Day({ store }) {
  const view = useSignal(null);
  const asked = useRef(0);
  const load = async () => {
    if (store.link.peek() === 'lost') return;
    asked.current += 1;
    const turn = asked.current;
    const fresh = await store.quietly(store.get('/api/v1/desk/day'));
    if (fresh && turn === asked.current) view.value = fresh;
  };
  const talking = Boolean(store.call.value);
  const lost = store.link.value === 'lost';
  useEffect(() => {
    load(); // also at once when a lost link is back
  }, [talking, store.seat.value?.id, lost]);
  useEffect(() => {
    const timer = setInterval(load, view.peek() ? EVERY_MS : AGAIN_MS);
    return () => clearInterval(timer);
  }, [Boolean(view.value)]);
  const day = view.value;
  if (!day) return null;
  const { rated = 0, mean = null } = day.satisfaction ?? {};
  return html`<section class="card day" data-part="Day" aria-label=${say('day.title').join(' ')}>
    <h3><${W} k="day.title" /></h3>
    <div class="figures">
      <${Figure} k="day.calls" value=${day.calls} /><${Figure} k="day.talk" value=${hours(day.talk_s)} /><${Figure} k="day.wrap" value=${hours(day.wrap_s)} />
      <${Figure} k="day.tickets" value=${day.tickets} /><${Figure} k="day.overdue" value=${day.overdue} level=${day.overdue ? 'bad' : ''} />
      <${Figure} k="day.rated" value=${rated ? mean.toFixed(1) : '–'} />
      <${Hours} counts=${day.by_hour} />
    </div>
  </section>`;
}

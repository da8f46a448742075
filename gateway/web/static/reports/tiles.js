// The law's figures, big: value, line of the law, how it moved against the period before (colour, arrow and word), its course as a
// small line, and its formula at the mouse or under the keyboard. A press draws its course in the chart.

import { shown, spark } from '../charts.js';
import { english } from '../i18n.js';
import { html, useEffect, useRef } from '../vendor/preact.js';
import { T, words } from './words.js';

/** What stands on the page, with the line that it is measured by. */
export const TILES = [
  { id: 'requests' },
  { id: 'connection_rate', target: { value: 0.95, up: true, source: 'law' } },
  { id: 'rate_15s' },
  { id: 'rate_15s_answered' },
  { id: 'wait_mean', target: { value: 15, up: false, source: 'law' } },
  { id: 'wait_p95' },
  { id: 'lost' },
  { id: 'handling_mean' },
  { id: 'occupancy' },
  { id: 'tickets' },
  { id: 'first_response_in_time' },
  { id: 'satisfied_rate' },
];

const STILL = { share: 0.0005, s: 0.05, count: 0.5, score: 0.005 };

/** How a figure moved: {word, arrow, text, good}; null when one side is unknown. */
export function moved(now, before, { unit, better }) {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  const by = now - before;
  if (Math.abs(by) < STILL[unit]) return { word: 'same', arrow: english ? '=' : '＝', text: '', good: null };
  const size = Math.abs(by);
  const text =
    unit === 'share'
      ? `${(size * 100).toFixed(1).replace(/\.0$/, '')} ${words('r.points')[0]}`
      : unit === 'count' && before
        ? shown(size / before, 'share')
        : shown(size, unit);
  return { word: by > 0 ? 'up' : 'down', arrow: by > 0 ? '▲' : '▼', text, good: better ? (by > 0) === (better === 'up') : null };
}

function Spark({ values, about, hue }) {
  const place = useRef(null);
  const chart = useRef(null);
  // a share moves by a few points: from zero on it would be a flat line
  const floor = about.unit === 'share' ? Math.min(...values.filter((one) => one !== null)) - 0.01 : 0;
  const data = { values, floor, hue, unit: about.unit, title: [about.name, about.name_en] };
  useEffect(() => {
    chart.current = spark(place.current, data);
    return () => chart.current.stop();
  }, []);
  useEffect(() => chart.current.update(data), [values, hue]);
  return html`<span ref=${place} class="course"></span>`;
}

function Tile({ store, tile }) {
  const about = store.definitions.value.get(tile.id);
  if (!about) return null;
  const { course, before, fair, choice, figure } = store;
  const value = course.value?.total[tile.id] ?? null;
  const change = before.value ? moved(fair.value?.total[tile.id], before.value.total[tile.id], about) : null;
  const met = tile.target && value !== null ? (tile.target.up ? value >= tile.target.value : value <= tile.target.value) : null;
  const values = (course.value?.groups ?? []).map((one) => one.values[tile.id] ?? null);
  const pick = () => (figure.value = tile.id);
  return html`<button type="button" class="tile" data-figure=${tile.id} data-met=${met === null ? null : met ? 'yes' : 'no'}
    aria-pressed=${figure.value === tile.id} aria-describedby=${`about-${tile.id}`} onClick=${pick}>
    <span class="name"><${T} pair=${[about.name, about.name_en]} /></span>
    <span class="value">${shown(value, about.unit)}</span>
    ${tile.target
      ? html`<span class="target">${met === null ? null : html`<b>${met ? '✓' : '✗'} ${words(met ? 'r.met' : 'r.missed')[0]}</b> `}${words('r.law')[0]} ${tile.target.up ? '≥' : '≤'} ${shown(tile.target.value, about.unit)}</span>`
      : null}
    ${change
      ? html`<span class="way" data-good=${change.good === null ? 'same' : change.good ? 'yes' : 'no'}>${words(`r.before.${choice.value.kind}`)[0]} <b>${change.arrow} ${words(`r.${change.word}`)[0]} ${change.text}</b></span>`
      : html`<span class="way">—</span>`}
    ${values.filter((one) => one !== null).length > 1 ? html`<${Spark} values=${values} about=${about} hue=${met === false ? 'bad' : 1} />` : null}
    <span class="formula" role="tooltip" id=${`about-${tile.id}`}><b>${about.name}</b>${about.formula}<small lang="en">${about.formula_en}</small>
      <small>${about.source}</small></span>
  </button>`;
}

export function Tiles({ store }) {
  return html`<section class="tiles" aria-label="指标 Figures">${TILES.map((tile) => html`<${Tile} key=${tile.id} store=${store} tile=${tile} />`)}</section>`;
}

// The charts of the page: the course of the figure that was pressed beside the period before and the law's line, requests by how they
// ended, and when in the week they come or why calls were lost. A column picked opens the calls behind it.

import { bars, heat, line, shown, stacked } from '../charts.js';
import { html, useEffect, useRef } from '../vendor/preact.js';
import { clock, dayOf, hourOf, weekday } from './periods.js';
import { TILES } from './tiles.js';
import { T, words } from './words.js';

const CAUSES = ['lost_queue', 'lost_ringing', 'lost_no_answer', 'lost_full', 'lost_no_seat', 'lost_timeout', 'lost_system', 'lost_unseen'];

/** One chart of charts.js as a part of the page. */
function Drawn({ kind, data }) {
  const place = useRef(null);
  const chart = useRef(null);
  useEffect(() => {
    chart.current = kind(place.current, data);
    return () => chart.current.stop();
  }, [kind]);
  useEffect(() => chart.current.update(data), [data]);
  return html`<div ref=${place} class="picture"></div>`;
}

const short = { hour: (at, zone) => String(hourOf(at, zone)), day: (at, zone) => dayOf(at, zone).slice(5), week: (at, zone) => dayOf(at, zone).slice(5) };
const long = { hour: (at, zone) => clock(at, zone), day: (at, zone) => `${dayOf(at, zone)} ${words(`wd.${weekday(dayOf(at, zone))}`)[0]}`, week: (at, zone) => words('r.from_week', { day: dayOf(at, zone) })[0] };

/** The names of the columns: short below the axis, long at the mouse. */
function labelsOf(groups, unit, zone) {
  const at = groups.map((one) => one.since);
  return { labels: at.map((one) => short[unit](one, zone)), long: at.map((one) => long[unit](one, zone)) };
}

const until = (groups, i, span) => groups[i + 1]?.since ?? span.until;

function Course({ store }) {
  const [course, span, id] = [store.course.value, store.shown.value, store.figure.value];
  const about = store.definitions.value.get(id);
  if (!course || !about) return null;
  const target = TILES.find((tile) => tile.id === id)?.target;
  const { groups } = course;
  const value = (one) => one?.values[id] ?? null;
  const now = groups.map(value);
  const earlier = (store.before.value?.groups ?? []).slice(0, groups.length).map(value);
  const known = [...now, ...earlier].filter((one) => one !== null);
  const data = {
    ...labelsOf(groups, span.unit, store.time.zone),
    title: [about.name, about.name_en],
    unit: about.unit,
    floor: about.unit === 'share' && known.length ? Math.min(0.9, Math.floor(Math.min(...known) * 10) / 10) : 0,
    series: [
      { name: words('r.now'), values: now, hue: 1 },
      ...(earlier.some((one) => one !== null) ? [{ name: words('r.before'), values: [...earlier, ...Array(groups.length - earlier.length).fill(null)], hue: 'before', dash: true }] : []),
    ],
    target: target ? { value: target.value, name: [`${words('r.law')[0]} ${shown(target.value, about.unit)}`, words('r.law')[1]] } : undefined,
  };
  const kind = about.unit === 'count' ? bars : line;
  return html`<section class="panel"><h2><${T} pair=${[about.name, about.name_en]} /></h2><${Drawn} key=${kind.name} kind=${kind} data=${data} /></section>`;
}

/** Answered in time, answered later, lost: their sum is the requests. */
function parts({ requests, answered, lost, rate_15s: rate }) {
  const quick = requests ? Math.round((rate ?? 0) * requests) : 0;
  return [quick, Math.max(0, (answered ?? 0) - quick), lost ?? 0];
}

function Outcomes({ store }) {
  const [course, span] = [store.course.value, store.shown.value];
  if (!course) return null;
  const rows = course.groups.map((one) => parts(one.values));
  const { labels, long: names } = labelsOf(course.groups, span.unit, store.time.zone);
  const data = {
    labels,
    long: names,
    title: words('r.outcome'),
    series: [
      { name: words('r.in_time'), values: rows.map((one) => one[0]), hue: 'good' },
      { name: words('r.late'), values: rows.map((one) => one[1]), hue: 'warn' },
      { name: words('r.lost'), values: rows.map((one) => one[2]), hue: 'bad' },
    ],
    pick: (i) => store.open(names[i], 'requested', { since: course.groups[i].since, until: until(course.groups, i, span) }),
  };
  return html`<section class="panel"><h2><${T} k="r.outcome" /></h2><${Drawn} kind=${stacked} data=${data} /></section>`;
}

function When({ store }) {
  const zone = store.time.zone;
  const cells = Array.from({ length: 7 }, () => Array(24).fill(null));
  for (const { since, values } of store.heat.value.groups) {
    if (since > store.now()) continue;
    const [day, hour] = [weekday(dayOf(since, zone)), hourOf(since, zone)];
    cells[day][hour] = (cells[day][hour] ?? 0) + (values.requests ?? 0);
  }
  const data = { title: words('r.heat'), rows: cells.map((_, i) => words(`wd.${i}`)[0]), columns: cells[0].map((_, i) => String(i)), values: cells };
  return html`<section class="panel"><h2><${T} k="r.heat" /></h2><${Drawn} kind=${heat} data=${data} /></section>`;
}

function Causes({ store }) {
  const total = store.course.value?.total ?? {};
  const found = CAUSES.filter((id) => total[id]).sort((a, b) => total[b] - total[a]);
  const most = Math.max(1, ...found.map((id) => total[id]));
  const name = (id) => store.definitions.value.get(id) ?? { name: id, name_en: '' };
  return html`<section class="panel causes"><h2><${T} k="r.causes" /></h2>
    ${found.length
      ? html`<ul>${found.map((id) => html`<li key=${id}><span title=${name(id).formula}><${T} pair=${[name(id).name, name(id).name_en]} /></span>
          <meter min="0" max=${most} value=${total[id]} aria-hidden="true"></meter><b>${shown(total[id])}</b></li>`)}</ul>`
      : html`<p class="calm">✓ <${T} k="r.no_lost" /></p>`}
    ${total.short_abandoned ? html`<p class="note"><${T} pair=${[name('short_abandoned').name, name('short_abandoned').name_en]} /> <b>${shown(total.short_abandoned)}</b></p>` : null}
  </section>`;
}

export function Pictures({ store }) {
  const last = store.heat.value ? html`<${When} store=${store} />` : html`<${Causes} store=${store} />`;
  return html`<div class="pictures"><${Course} store=${store} /><${Outcomes} store=${store} />${last}</div>`;
}

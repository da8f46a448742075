// The wall's pages. Each is a function of the store, fills the same frame, and shows few things, very large: who stands five metres
// away reads a figure of a twelfth of the screen's height at a glance.

import { line } from '../charts.js';
import { words } from '../i18n.js';
import { clockText } from '../states.js';
import { html } from '../vendor/preact.js';
import { Bar, Figure, levelOf, many, Plot, share, shortArea, T } from './parts.js';

const MOST_QUEUES = 4;
const MOST_CHANNELS = 8;
const MOST_AREAS = 20;
const MOST_TOPICS = 5;
const MOST_PARTNERS = 20;
const MOST_ALARMS = 5;

/** The law's lines (GB/T 33358-2016): 95 % answered over any 24 h, within 15 s, written ones within 3 min. */
const CONNECTED = 0.95;

const bySize = (a, b) => (b.waits[0] ?? -1) - (a.waits[0] ?? -1) || b.since.length - a.since.length;

/** Queues with the waits of their callers in seconds, the longest first. */
function queuesOf(store) {
  const now = store.now.value;
  return [...store.queues.value.values()].map((queue) => ({
    ...queue,
    waits: queue.since.map((since) => Math.max(0, now - since)).sort((a, b) => b - a),
  }));
}

function Queue({ queue }) {
  const longest = queue.waits[0] ?? null;
  return html`<article class="queue" data-level=${levelOf(longest, queue.answer_within_s)}>
    <h3>${queue.name}${queue.open ? null : html` <em><${T} k="now.closed" /></em>`}</h3>
    <output class="count">${queue.waits.length}</output>
    <output class="wait">${longest === null ? '' : clockText(longest)}</output>
    <${Bar} seconds=${longest} promise=${queue.answer_within_s} />
  </article>`;
}

/** What a new caller would wait where it is worst, in steps of ten seconds: nobody can say it better. */
function expected(worst) {
  if (!worst || worst.expected_s === null) return null;
  const n = clockText(Math.max(10, Math.round(worst.expected_s / 10) * 10));
  return html`<p class="also"><span><${T} k="now.expected" values=${{ n }} /></span></p>`;
}

export function Now({ store }) {
  const queues = queuesOf(store);
  const halls = store.view.value.halls;
  const seats = [...store.seats.value.values()].filter((seat) => !halls.length || halls.includes(seat.hall));
  const count = (...states) => seats.filter((seat) => states.includes(seat.state)).length;
  const waiting = queues.reduce((sum, queue) => sum + queue.waits.length, 0);
  const worst = queues.filter((queue) => queue.waits.length).sort((a, b) => b.waits[0] / b.answer_within_s - a.waits[0] / a.answer_within_s)[0];
  const longest = worst?.waits[0] ?? null;
  const promise = worst?.answer_within_s ?? 15;
  const level = levelOf(longest, promise);
  const shown = [...queues].sort(bySize).slice(0, MOST_QUEUES);
  return html`<section class="now">
    <div class="trio">
      <${Figure} value=${waiting} k="now.waiting" level=${level} size="huge">${expected(worst)}<//>
      <${Figure} value=${count('talking', 'ringing')} k="now.talking" size="huge" />
      <${Figure} value=${count('ready')} k="now.ready" level=${count('ready') ? 'good' : waiting ? 'near' : 'none'} size="huge">
        <p class="also"><span><${T} k="now.signed" values=${{ n: seats.length - count('signed_out') }} /></span>
          <span><${T} k="now.away" values=${{ n: count('not_ready') }} /></span></p>
      <//>
    </div>
    <div class="longest" data-level=${level}>
      <p><${T} k=${longest === null ? 'now.nobody' : 'now.longest'} /></p>
      <output>${longest === null ? '' : clockText(longest)}</output>
      <${Bar} seconds=${longest} promise=${promise} />
      <p class="promise">${promise} 秒</p>
    </div>
    <div class="queues">${shown.map((queue) => html`<${Queue} key=${queue.id} queue=${queue} />`)}</div>
  </section>`;
}

const rateLevel = (value, least) => (value === null || value === undefined ? 'none' : value >= least ? 'good' : value >= least - 0.03 ? 'near' : 'over');

function Rate({ value, k, under, least, lineKey = 'rates.line' }) {
  const [text, unit] = share(value);
  return html`<${Figure} value=${text} unit=${unit} k=${k} level=${rateLevel(value, least)} size="rate">
    <p class="also"><span><${T} k=${under} /></span><b><${T} k=${lineKey} values=${{ n: Math.round(least * 100) }} /></b></p>
  <//>`;
}

export function Rates({ store }) {
  const { figures, rate_24h, rate_15s_24h, by_hour } = store.view.value;
  const known = by_hour.map((hour) => (hour.requests ? hour.connection_rate : null));
  const least = Math.min(CONNECTED, ...known.filter((value) => value !== null));
  const data = {
    title: words('rates.hours'), labels: by_hour.map((hour) => hour.name.slice(-5)), unit: 'share', quiet: true,
    series: [{ name: words('rates.connection'), values: known, hue: 1 }],
    target: { value: CONNECTED, name: words('rates.line', { n: 95 }) }, floor: Math.max(0, Math.floor(least * 10 - 0.5) / 10), most: 1,
  }; // prettier-ignore
  return html`<section class="rates">
    <div class="trio">
      <${Rate} value=${rate_24h} k="rates.connection" under="rates.window" least=${CONNECTED} />
      <${Rate} value=${rate_15s_24h} k="rates.fifteen" under="rates.window" least=${CONNECTED} lineKey="rates.ours" />
      <${Rate} value=${figures.first_response_in_time} k="rates.written" under="rates.today" least=${CONNECTED} lineKey="rates.ours" />
    </div>
    <div class="hours">
      <div class="beside">
        <${Figure} value=${many(figures.requests)} k="rates.requests" size="side" />
        <${Figure} value=${many(figures.lost)} k="rates.lost" size="side" level=${figures.lost ? 'near' : figures.lost === 0 ? 'good' : 'none'} />
      </div>
      <h3><${T} k="rates.hours" /></h3>
      <${Plot} draw=${line} data=${data} />
    </div>
  </section>`;
}

function Channel({ one, most }) {
  const [text, unit] = share(one.share);
  return html`<li>
    <b>${one.name}</b><${Bar} seconds=${one.count} promise=${most || 1} /><output>${many(one.count)}</output>
    <span data-level=${rateLevel(one.share, CONNECTED)}>${one.share === null ? '' : html`${text} ${unit}`}</span>
  </li>`;
}

const Empty = ({ k }) => html`<p class="empty"><${T} k=${k} /></p>`;

export function Channels({ store }) {
  const { channels, figures } = store.view.value;
  const shown = channels.filter((one) => one.count).slice(0, MOST_CHANNELS);
  if (!shown.length) return html`<section class="channels"><${Empty} k="channels.none" /></section>`;
  const total = figures.tickets ?? channels.reduce((sum, one) => sum + one.count, 0);
  return html`<section class="channels">
    <${Figure} value=${many(total)} k="channels.total" size="total" />
    <ol data-rows=${shown.length > 6 ? 'many' : 'few'}>
      ${shown.map((one) => html`<${Channel} key=${one.id} one=${one} most=${shown[0].count} />`)}
    </ol>
    <p class="note"><${T} k="rates.written" /></p>
  </section>`;
}

/** In which fifth of the day's greatest a district lies: its shade. */
const shade = (count, most) => (count ? Math.max(1, Math.ceil((count / most) * 5)) : 0);

/** What rises by its own history (open alarms of hot topics), and below it what there is most of. */
function topicsOf(store) {
  const hot = [...store.alarms.value.values()].filter((one) => one.topic).slice(0, MOST_TOPICS);
  const rising = hot.map((one) => ({ id: one.id, name: one.topic.name, count: one.topic.n, mean: one.topic.mean }));
  const most = store.view.value.categories.filter((one) => one.count).slice(0, Math.max(0, MOST_TOPICS - hot.length));
  return [['topics.hot', rising], ['topics.most', most]].filter(([, list]) => list.length);
}

function Topic({ one, k }) {
  return html`<li data-hot=${k === 'topics.hot'}><b>${one.name}</b><output>${many(one.count)}</output>
    ${one.mean === undefined ? null : html`<span class="usual"><${T} k="topics.usual" values=${{ n: one.mean }} /></span>`}</li>`;
}

export function Topics({ store }) {
  const areas = store.view.value.areas.slice(0, MOST_AREAS);
  const topics = topicsOf(store);
  if (!areas.length && !topics.length) return html`<section class="topics"><${Empty} k="topics.none" /></section>`;
  const most = Math.max(1, ...areas.map((one) => one.count));
  return html`<section class="topics">
    <div class="areas" data-many=${areas.length > 12 ? 'yes' : 'no'}>
      ${areas.map((one) => html`<div key=${one.id} data-shade=${shade(one.count, most)}><b>${shortArea(one.name)}</b><output>${one.count}</output></div>`)}
    </div>
    <div class="hot">${topics.map(
      ([k, list]) => html`<h3 key=${k}><${T} k=${k} /></h3><ol>${list.map((one) => html`<${Topic} key=${one.id} one=${one} k=${k} />`)}</ol>`,
    )}</div>
  </section>`;
}

const PARTNER_ORDER = ['failing', 'busy', 'closed', 'free', 'readout'];

export function Partners({ store }) {
  const partners = [...store.partners.value].filter((one) => one.state !== 'readout');
  partners.sort((a, b) => PARTNER_ORDER.indexOf(a.state) - PARTNER_ORDER.indexOf(b.state));
  const shown = partners.slice(0, MOST_PARTNERS);
  if (!shown.length) return html`<section class="partners"><${Empty} k="partners.none" /></section>`;
  return html`<section class="partners" data-many=${shown.length > 12 ? 'yes' : 'no'}>
    ${shown.map((one) => html`<article key=${one.number} data-state=${one.state}>
      <output>${one.number}</output><b>${one.name}</b><span><${T} k=${`partner.${one.state}`} /></span>
    </article>`)}
  </section>`;
}

const URGENCY = { 1: 'alarms.act', 2: 'alarms.soon', 3: 'alarms.know' };

function Alarm({ one, now }) {
  return html`<li data-level=${one.level} data-state=${one.state}>
    <span class="urgency"><${T} k=${one.state === 'acknowledged' ? 'alarms.held' : URGENCY[one.level]} /></span>
    <b>${one.title}${one.count > 1 ? html`<i> ×${one.count}</i>` : null}</b><p>${one.text}</p>
    <output>${clockText(Math.max(0, now - one.since), 1)}</output>
  </li>`;
}

export function Alarms({ store }) {
  const alarms = [...store.alarms.value.values()].filter((one) => one.state !== 'snoozed');
  alarms.sort((a, b) => a.level - b.level || b.since - a.since);
  if (!alarms.length) return html`<section class="alarms"><p class="empty well"><${T} k="alarms.none" /></p></section>`;
  const shown = alarms.slice(0, alarms.length > MOST_ALARMS ? MOST_ALARMS - 1 : MOST_ALARMS);
  const more = alarms.length - shown.length;
  return html`<section class="alarms"><ol>
    ${shown.map((one) => html`<${Alarm} key=${one.id} one=${one} now=${store.now.value} />`)}
  </ol>${more ? html`<p class="more"><${T} k="alarms.more" values=${{ n: more }} /></p>` : null}</section>`;
}

export const PAGES = { now: Now, rates: Rates, channels: Channels, topics: Topics, partners: Partners, alarms: Alarms };

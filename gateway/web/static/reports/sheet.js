// The table: figures by what it tells by, sorted by the head that is pressed; a number of calls opens the calls behind it.

import { shown } from '../charts.js';
import { html, useState } from '../vendor/preact.js';
import { clock, dayOf, weekday } from './periods.js';
import { BYS } from './store.js';
import { say, T, words } from './words.js';

const CALLS = ['requests', 'answered', 'connection_rate', 'rate_15s', 'rate_15s_answered', 'lost', 'short_abandoned', 'wait_mean', 'wait_p95', 'handling_mean', 'tickets'];
const COLUMNS = {
  course: CALLS,
  queue: CALLS,
  entry_number: CALLS,
  agent: ['answered', 'talk_mean', 'hold_mean', 'wrap_mean', 'handling_mean', 'occupancy', 'utilisation', 'signed_in_s', 'tickets', 'satisfied_rate'],
  channel: ['tickets', 'requests', 'connection_rate', 'first_response_mean', 'first_response_in_time', 'direct_rate', 'satisfied_rate'],
  partner: ['transfers', 'transfers_completed', 'transfers_completed_rate'],
  area: ['tickets', 'direct_rate', 'sent_on_in_time', 'handling_mean', 'satisfied_rate'],
  category: ['tickets', 'direct_rate', 'sent_on_in_time', 'handling_mean', 'satisfied_rate'],
};
/** Figures that calls stand behind, and which calls. */
const OPENS = { requests: 'requested', answered: 'answered', lost: 'lost', short_abandoned: 'short' };
const NARROWS = ['course', 'queue', 'entry_number', 'agent'];

function nameOf(by, one, zone, days) {
  if (by === 'channel') return words(`ch.${one.group}`)[0].replace(/^ch\./, '');
  if (by === 'hour') return days === 1 ? `${clock(one.since, zone, { date: false })}–${clock(one.since + 3600, zone, { date: false })}` : clock(one.since, zone);
  if (one.since !== undefined && one.since !== null) {
    const day = dayOf(one.since, zone);
    return by === 'day' ? `${day} ${words(`wd.${weekday(day)}`)[0]}` : `${day}`;
  }
  if (!one.group) return words('r.unnamed')[0];
  return one.name && one.name !== one.group ? `${one.name} ${by === 'entry_number' || by === 'partner' ? one.group : ''}`.trim() : one.group;
}

const collator = new Intl.Collator('zh-CN', { numeric: true });

function sorted(rows, { id, up }) {
  if (id === null) return rows;
  const rank = (row) => (id === 'name' ? row.name : row.values[id]);
  const empty = (value) => value === null || value === undefined;
  return [...rows].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    if (empty(left) || empty(right)) return Number(empty(left)) - Number(empty(right)); // what is not known comes last either way
    const order = id === 'name' ? collator.compare(left, right) : left - right;
    return up ? order : -order;
  });
}

function Cell({ store, by, row, id, unit }) {
  const value = row.values[id];
  const opens = OPENS[id] !== undefined && value > 0 && NARROWS.includes(by) && row.narrows;
  const text = shown(value ?? null, unit);
  const met = id === 'connection_rate' && value !== null && value !== undefined ? (value >= 0.95 ? 'yes' : 'no') : null;
  if (!opens) return html`<td class="n" data-met=${met}>${text}</td>`;
  const about = store.definitions.value.get(id);
  const open = () => store.open(`${row.name} · ${about.name}`, OPENS[id], row.narrows);
  return html`<td class="n"><button type="button" class="open" title=${say('c.title')} aria-label=${`${row.name} ${about.name} ${text}`} onClick=${open}>${text}</button></td>`;
}

function rowsOf(store, by, span) {
  const { groups } = store.table.value;
  const told = by === 'course' ? span.unit : by;
  return groups
    .filter((one) => one.since === null || one.since === undefined || one.since < store.now())
    .map((one, i) => {
      const name = nameOf(told, one, store.time.zone, span.days);
      const narrows = by === 'course' ? { since: one.since, until: groups[i + 1]?.since ?? span.until } : one.group ? { [by]: one.group } : null;
      return { key: one.group || String(one.since ?? ''), name, values: one.values, narrows };
    });
}

export function Sheet({ store }) {
  const [order, setOrder] = useState({ id: null, up: false });
  const [by, span, busy] = [store.by.value, store.shown.value, store.busy.value];
  if (!span) return null;
  const ids = COLUMNS[by].filter((id) => store.definitions.value.has(id));
  const press = (id) => setOrder(order.id === id ? { id, up: !order.up } : { id, up: id === 'name' });
  const head = (id, pair, formula) => html`<th key=${id} class=${id === 'name' ? '' : 'n'} scope="col" aria-sort=${order.id === id ? (order.up ? 'ascending' : 'descending') : null}>
    <button type="button" title=${formula} onClick=${() => press(id)}><${T} pair=${pair} /></button></th>`;
  const rows = store.table.value ? sorted(rowsOf(store, by, span), order) : [];
  const total = { name: words('r.total')[0], values: store.table.value?.total ?? {}, narrows: {} };
  const kind = by === 'course' ? span.unit : by;
  return html`<section class="panel details">
    <div class="tabs" role="tablist" aria-label=${say('r.tables')}>${BYS.map((one) => html`<button key=${one} type="button" role="tab" id=${`tab-${one}`}
      aria-selected=${one === by} aria-controls="sheet" onClick=${() => (setOrder({ id: null, up: false }), store.tell(one))}><${T} k=${`r.by.${one === 'course' ? span.unit : one}`} /></button>`)}
      <span class="space"></span>${rows.length ? html`<span class="count">${rows.length} <${T} k="r.rows" /></span>` : null}</div>
    <div class="rows" id="sheet" role="tabpanel" aria-labelledby=${`tab-${by}`} tabindex="0">
      ${store.table.value === null
        ? html`<p class="none">${busy ? html`<${T} k="r.loading" />` : html`<${T} k="r.failed" />`}</p>`
        : rows.length === 0
          ? html`<p class="none"><${T} k="r.none" /></p>`
          : html`<table class="sheet"><thead><tr>${head('name', words(`r.by.${kind}`), '')}${ids.map((id) => {
              const about = store.definitions.value.get(id);
              return head(id, [about.name, about.name_en], `${about.formula}\n${about.formula_en}`);
            })}</tr></thead>
            <tbody>${rows.map((row) => html`<tr key=${row.key}><th scope="row">${row.name}</th>${ids.map((id) => html`<${Cell} key=${id} store=${store} by=${by} row=${row} id=${id} unit=${store.definitions.value.get(id).unit} />`)}</tr>`)}</tbody>
            ${NARROWS.includes(by) && by !== 'agent' ? html`<tfoot><tr><th scope="row">${total.name}</th>${ids.map((id) => html`<${Cell} key=${id} store=${store} by=${by} row=${total} id=${id} unit=${store.definitions.value.get(id).unit} />`)}</tr></tfoot>` : null}
          </table>`}
    </div>
  </section>`;
}

// The filters above, and the list of what was found.

import { icon } from '../icons.js';
import { say, words } from '../i18n.js';
import { html, useEffect, useRef } from '../vendor/preact.js';
import { length, moment, today } from './format.js';
import { EMPTY } from './store.js';

/** Both languages of a key. */
export function W({ k, n = '' }) {
  const [zh, en] = words(k);
  return html`${zh.replace('%', n)}${en ? html` <small lang="en">${en.replace('%', n)}</small>` : null}`;
}

export function Icon({ name }) {
  const place = useRef(null);
  useEffect(() => place.current.replaceChildren(icon(name)), [name]);
  return html`<span class="ic" ref=${place}></span>`;
}

function Field({ store, name, k, type = 'text', ...rest }) {
  const change = (event) => (store.filters.value = { ...store.filters.value, [name]: event.target.value });
  return html`<label class="field"><span><${W} k=${k} /></span>
    <input name=${name} type=${type} value=${store.filters.value[name]} onInput=${change} ...${rest} /></label>`;
}

function Choice({ store, name, k, options }) {
  const change = (event) => (store.filters.value = { ...store.filters.value, [name]: event.target.value });
  return html`<label class="field"><span><${W} k=${k} /></span>
    <select name=${name} value=${store.filters.value[name]} onChange=${change}>
      <option value="">${say('rec.any')}</option>
      ${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === store.filters.value[name]}>${text}</option>`)}
    </select></label>`;
}

const RANGES = [['rec.today', 0], ['rec.week', 6], ['rec.month', 29], ['rec.all', null]]; // prettier-ignore
const OUTCOMES = ['answered', 'no_answer', 'busy', 'ended_unseen'];

function Ranges({ store }) {
  const zone = store.time.zone;
  const of = (back) => (back === null ? ['', ''] : [today(zone, back), today(zone)]);
  const { from, to } = store.filters.value;
  const go = (back) => {
    [store.filters.value.from, store.filters.value.to] = of(back);
    store.filters.value = { ...store.filters.value };
    store.search();
  };
  return html`<div class="segments">${RANGES.map(([k, back]) => {
    const on = of(back).join() === [from, to].join();
    return html`<button type="button" key=${k} aria-pressed=${on} onClick=${() => go(back)}>${say(k)}</button>`;
  })}</div>`;
}

export function Filters({ store }) {
  const submit = (event) => {
    event.preventDefault();
    store.search();
  };
  const clear = () => {
    store.filters.value = { ...EMPTY };
    store.search();
  };
  const entries = Object.entries(store.plan.entries).map(([number, entry]) => [number, `${number} ${entry.name}`]);
  return html`<form class="filters panel" onSubmit=${submit} role="search">
    <div class="field when"><span>${say('col.at')} <small lang="en">Time</small></span><div class="line"><${Ranges} store=${store} />
      <input type="date" name="from" aria-label=${words('rec.from').join(' ')} value=${store.filters.value.from} onInput=${(e) => (store.filters.value = { ...store.filters.value, from: e.target.value })} />
      <span class="dim">–</span>
      <input type="date" name="to" aria-label=${words('rec.to').join(' ')} value=${store.filters.value.to} onInput=${(e) => (store.filters.value = { ...store.filters.value, to: e.target.value })} /></div></div>
    ${store.leads && html`<${Field} store=${store} name="agent" k="rec.agent" size="7" maxlength="40" />`}
    <${Choice} store=${store} name="queue" k="rec.queue" options=${store.queues.value.map((one) => [one.id, one.name])} />
    <${Choice} store=${store} name="entry_number" k="rec.entry" options=${entries} />
    ${store.leads && html`<${Field} store=${store} name="number" k="rec.number" type="tel" inputmode="tel" pattern="\\+?[0-9]{3,20}" title=${words('rec.number.why').join(' / ')} size="13" autocomplete="off" />`}
    <${Field} store=${store} name="ticket_no" k="rec.ticket" pattern="[0-9]{6}-[0-9]{8}-[0-9]{7}" placeholder="460000-20261122-0000001" size="22" />
    <${Field} store=${store} name="least_s" k="rec.least" type="number" min="0" max="86400" />
    <${Field} store=${store} name="most_s" k="rec.most" type="number" min="0" max="86400" />
    <${Choice} store=${store} name="outcome" k="rec.outcome" options=${OUTCOMES.map((one) => [one, say(`out.${one}`)])} />
    <div class="go"><button type="submit" class="main"><${Icon} name="search" /><span><${W} k="rec.search" /></span></button>
      <button type="button" class="quiet" onClick=${clear}><${W} k="rec.clear" /></button></div>
  </form>`;
}

const spoken = (one) => (one.talk_s ?? 0) + (one.hold_s ?? 0);

function Flags({ one }) {
  return html`${one.holds > 0 && html`<span class="chip" data-level="2"><${W} k="flag.hold" n=${one.holds} /></span>`}
    ${one.held && html`<span class="chip" data-level="3">${say('flag.held')}</span>`}
    ${one.is_secret && html`<span class="chip" data-level="1">${say('flag.secret')}</span>`}
    ${one.state !== 'there' && html`<span class="chip off">${say(`flag.${one.state}`)}</span>`}`;
}

function Row({ one, store, longest }) {
  const on = store.chosen.value?.call_id === one.call_id;
  const place = useRef(null);
  useEffect(() => {
    if (on) place.current.scrollIntoView({ block: 'nearest' });
  }, [on]);
  const share = longest ? spoken(one) / longest : 0;
  return html`<tr ref=${place} aria-selected=${on} data-call=${one.call_id} data-state=${one.state} onClick=${() => store.choose(one)} onDblClick=${() => store.choose(one, true)}>
    <td class="play"><button type="button" class="quiet" disabled=${one.state !== 'there'} aria-label=${`${say('play.play')} ${moment(one.started_at, store.time.zone)}`}
      onClick=${(event) => { event.stopPropagation(); store.choose(one, true); }}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 4v16l13-8z" /></svg></button></td>
    <td class="at">${moment(one.started_at, store.time.zone)}</td>
    <td class="n long"><b>${length(spoken(one))}</b><i style=${{ width: `${Math.max(2, 100 * share)}%` }}></i></td>
    <td><span class="way" data-way=${one.direction}>${say(`dir.${one.direction}`)}</span> ${one.caller}${one.caller_name && html` <span class="dim">${one.caller_name}</span>`}</td>
    <td>${one.agent_name || ''} <span class="dim">${one.agent ?? ''}</span></td>
    <td>${store.queueName(one.queue)}</td>
    <td>${one.entry_number}</td>
    <td>${words(`out.${one.outcome}`)[0].replace(/^out\./, '')}</td>
    <td class="no">${one.ticket_no}</td>
    <td class="flags"><${Flags} one=${one} /></td>
  </tr>`;
}

const HEADS = ['at', 'length', 'caller', 'agent', 'queue', 'entry', 'outcome', 'ticket', 'marks'];

export function Found({ store }) {
  const items = store.items.value;
  const longest = Math.max(1, ...items.map(spoken));
  const more = store.next.value !== null;
  return html`<section class="found panel" aria-busy=${store.busy.value}>
    <div class="rows" tabindex="0" aria-label=${words('rec.title').join(' ')}>
      <table class="sheet"><thead><tr><th><span class="sr">${say('play.play')}</span></th>${HEADS.map((k) => html`<th key=${k} class=${k === 'length' ? 'n' : ''}><span><${W} k=${`col.${k}`} /></span></th>`)}</tr></thead>
        <tbody>${items.map((one) => html`<${Row} key=${one.call_id} one=${one} store=${store} longest=${longest} />`)}</tbody></table>
      ${store.failed.value && html`<p class="wrong" role="alert">${store.failed.value}</p>`}
      ${!items.length && !store.busy.value && !store.failed.value && html`<p class="none big"><${W} k="rec.none" /></p>`}
      ${store.busy.value && !items.length && html`<p class="none big"><${W} k="rec.loading" /></p>`}
    </div>
    <footer class="count"><output id="count"><${W} k=${more ? 'rec.found.more' : 'rec.found'} n=${items.length} /></output>
      ${more && html`<button type="button" disabled=${store.busy.value} onClick=${() => store.search(items.at(-1).call_id)}><${W} k="rec.more" /></button>`}</footer>
  </section>`;
}

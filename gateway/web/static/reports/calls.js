// The calls behind a number, page by page, with masked numbers. Opens as a dialog over the page; Escape closes it.

import { shown } from '../charts.js';
import { html, useLayoutEffect, useRef } from '../vendor/preact.js';
import { clock } from './periods.js';
import { say, T, words } from './words.js';

const OUTCOMES = {
  answered: ['接通', 'answered'], abandoned_queue: ['排队中放弃', 'abandoned in queue'], abandoned_ringing: ['振铃中放弃', 'abandoned ringing'],
  no_answer: ['座席未接', 'no answer'], queue_full: ['队列已满', 'queue full'], no_seat: ['无座席', 'no seat'], timed_out: ['排队超时', 'timed out'],
  system: ['系统原因', 'system'], ended_unseen: ['结束未见', 'ended unseen'],
}; // prettier-ignore

const outcome = (one) => OUTCOMES[one.outcome] ?? [one.outcome ?? '', ''];

const nameIn = (store, by, id) => (id ? (store.names.value[by].find((one) => one.group === id)?.name ?? id) : '');

function Row({ one, store, zone }) {
  return html`<tr>
    <td>${clock(one.started_at, zone, { seconds: true })}</td>
    <td>${one.caller_number}</td>
    <td>${one.entry_number}</td>
    <td>${nameIn(store, 'queue', one.queue)}</td>
    <td>${nameIn(store, 'agent', one.agent)}</td>
    <td>${one.seat ?? ''}</td>
    <td class="n">${shown(one.wait_s ?? null, 's')}</td>
    <td class="n">${shown(one.talk_s ?? null, 's')}</td>
    <td><${T} pair=${outcome(one)} /></td>
  </tr>`;
}

const HEADS = ['at', 'caller', 'entry', 'queue', 'agent', 'seat', 'wait', 'talk', 'outcome'];

function Shown({ store }) {
  const open = store.calls.value;
  const box = useRef(null);
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const close = () => (store.calls.value = null);
  return html`<dialog class="calls" ref=${box} onClose=${close} aria-labelledby="calls-title">
    <header><h2 id="calls-title">${open.title}${open.outcome !== 'requested' ? null : html` <small><${T} k="c.requests" /></small>`}</h2>
      <button type="button" class="quiet" onClick=${close}><${T} k="c.close" /></button></header>
    <div class="rows" tabindex="0" aria-busy=${open.busy}>
      ${open.rows.length
        ? html`<table class="sheet"><thead><tr>${HEADS.map((key) => html`<th key=${key} class=${key === 'wait' || key === 'talk' ? 'n' : ''}><span><${T} k=${`c.${key}`} /></span></th>`)}</tr></thead>
            <tbody>${open.rows.map((one) => html`<${Row} key=${one.call_id} one=${one} store=${store} zone=${store.time.zone} />`)}</tbody></table>`
        : null}
      ${!open.busy && !open.rows.length && open.failed === null ? html`<p class="none"><${T} k="c.none" /></p>` : null}
      ${open.busy ? html`<p class="none" role="status"><${T} k="r.loading" /></p>` : null}
      ${open.failed !== null ? html`<p class="wrong" role="alert">${open.failed || words('r.failed')[0]} <button type="button" onClick=${() => store.moreCalls()}><${T} k="r.again" /></button></p>` : null}
      ${open.next && !open.busy && open.failed === null ? html`<p class="more"><button type="button" onClick=${() => store.moreCalls()}><${T} k="c.more" /></button></p>` : null}
    </div>
  </dialog>`;
}

export const Calls = ({ store }) => (store.calls.value ? html`<${Shown} key=${say('c.title')} store=${store} />` : null);

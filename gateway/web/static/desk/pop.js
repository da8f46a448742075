// Who calls, at the first ring: what is known of this number, loudest first. Numbers are masked; the whole one is shown only
// at a press, which the gateway audits. A ticket or call of before is opened beside the form, never over it.

import { html, useEffect, useSignal } from '../vendor/preact.js';
import { FIELDS } from './checks.js';
import { shortClock, whenText } from './finding.js';
import { Key, useKeys } from './keys.js';
import { Icon } from './parts.js';
import { SideTicket } from './sideticket.js';
import { say, W } from './words-form.js';
import { workOf } from './work.js';

const SHOWN_S = 30;
const CLOSED = new Set(['closed']);

export function Pop({ store }) {
  const work = workOf(store);
  if (!work) return null;
  const list = work.drafts.list.value;
  const calling = list.find((one) => one.callId && one.callId === store.call.value?.id);
  const draft = calling ?? (work.active.value?.callId ? work.active.value : null);
  return html`<section class="pop" data-current=${Boolean(calling)} aria-label=${say('keys.pop')[0]}>
    ${draft ? html`<${Card} key=${draft.key} store=${store} work=${work} draft=${draft} />`
      : html`<p class="empty"><b><${W} k="pop.none" /></b><span><${W} k="pop.waiting" /></span></p>`}
    ${work.side.value && html`<${SideTicket} work=${work} />`}
  </section>`;
}

function Card({ store, work, draft }) {
  const pop = draft.pop.value;
  if (!pop) return html`<p class="empty" role="status"><span><${W} k="pop.loading" /></span></p>`;
  if (pop.failed) {
    return html`<p class="notice bad" role="alert"><span><${W} k="pop.failed" /></span>
      ${pop.again && html`<button onClick=${() => { draft.pop.value = null; work.loadPop(draft); }}><${W} k="pop.again" /></button>`}</p>`;
  }
  return html`
    ${pop.watch && html`<${Watch} watch=${pop.watch} />`}
    <${Caller} store=${store} draft=${draft} pop=${pop} current=${draft.callId === store.call.value?.id} />
    ${pop.context && html`<${Context} work=${work} draft=${draft} context=${pop.context} />`}
    <${Tickets} work=${work} tickets=${pop.tickets ?? []} calls=${pop.calls ?? []} />
    <${Calls} calls=${pop.calls ?? []} />`;
}

function Watch({ watch }) {
  return html`<div class="watch" data-level=${watch.level} role="alert"><${Icon} name="failing" />
    <div><b><${W} k="pop.watch" /></b> <span>${watch.note}</span>${watch.by && html`<small> ${watch.by}</small>`}</div></div>`;
}

/** Of a call that is here now, only what its own card above does not say (and counts on). */
function Caller({ store, draft, pop, current }) {
  const entry = pop.entry ? [pop.entry.number, pop.entry.name].filter(Boolean).join(' ') : '';
  const before = [
    ['pop.entry', entry], ['pop.queue', store.queues.value.get(pop.queue)?.name ?? pop.queue],
    ['pop.waited', typeof pop.waited_s === 'number' ? shortClock(pop.waited_s) : ''],
  ]; // prettier-ignore
  const language = pop.language && say(`language.${pop.language}`)[0];
  const facts = [...(current ? [] : before), ['pop.language', language], ['pop.place', pop.place?.name]].filter(([, text]) => text);
  return html`<div class="caller">
    <${Number} store=${store} draft=${draft} pop=${pop} />
    ${pop.secret && html`<span class="secret"><${W} k="pop.secret" /></span>`}
    <dl>${facts.map(([word, text]) => html`<div key=${word}><dt><${W} k=${word} /></dt><dd>${text}</dd></div>`)}</dl>
  </div>`;
}

/** The number, masked; the whole one for half a minute after a press. */
function Number({ store, draft, pop }) {
  const whole = useSignal('');
  useEffect(() => {
    if (!whole.value) return undefined;
    const timer = setTimeout(() => (whole.value = ''), SHOWN_S * 1000);
    return () => clearTimeout(timer);
  }, [whole.value]);
  const asking = useSignal(false);
  const reveal = async () => {
    if (asking.value) return; // a second click is no second look: each is audited
    asking.value = true;
    try {
      const { value } = await store.post('/api/v1/desk/reveal', { call_id: draft.callId, field: 'caller' });
      whole.value = value;
    } catch (failure) {
      store.fail(failure);
    } finally {
      asking.value = false;
    }
  };
  const may = pop.caller?.includes('*');
  return html`<p class="number"><b data-whole=${Boolean(whole.value)}>${whole.value || pop.caller || '—'}</b>
    ${may && !whole.value && html`<button onClick=${reveal} title=${say('pop.reveal.noted').join(' ')}><${W} k="pop.reveal" /></button>`}</p>`;
}

/** What a partner told of this citizen before the call came, and a key that puts it into the form. */
function Context({ work, draft, context }) {
  const use = () => {
    // what is masked is for the eyes only: it must not go into the ticket as if it were the number
    const fit = ([name, value]) => FIELDS.has(name) && value !== '' && value !== null && !String(value).includes('*');
    const fields = Object.fromEntries(Object.entries(context.fields ?? {}).filter(fit));
    work.drafts.change(draft, { ...fields, ...(context.content ? { content: joined(draft.fields.value.content, context.content) } : {}) });
  };
  useKeys([['Alt+G', say('pop.context.use'), use]], say('keys.pop'));
  return html`<div class="context"><h3><${W} k="pop.context" /> ${context.partner} ${context.name ?? ''}</h3>
    ${context.no && html`<code>${context.no}</code>`}<p>${context.content}</p>
    <button onClick=${use}><${W} k="pop.context.use" /> <${Key} name="Alt+G" /></button></div>`;
}

const joined = (before, more) => (before?.trim() ? (before.includes(more) ? before : `${before}\n${more}`) : more);

function Tickets({ work, tickets, calls }) {
  const enter = () => document.querySelector('.pop .tickets button')?.focus();
  useKeys([['Alt+K', say('go.pop'), enter, () => tickets.length > 0]], say('keys.pop'));
  if (!tickets.length) return html`<p class="first">${calls.length ? '' : html`<${W} k="pop.first" />`}</p>`;
  const open = tickets.filter((one) => one.open ?? !CLOSED.has(one.state));
  const rest = tickets.filter((one) => !open.includes(one));
  const step = (event) => {
    const to = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const next = to && event.target.closest('li')?.[to]?.querySelector('button');
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return html`<div class="tickets" onKeyDown=${step}>
    <h3><${W} k="pop.tickets" /> ${open.length ? html`<b class="open"><${W} k="pop.open" /> ${open.length}</b>` : ''} <${Key} name="Alt+K" /></h3>
    <ul>${[...open, ...rest].map((one) => html`<li key=${one.no} data-open=${open.includes(one)}>
      <button onClick=${() => work.look(one.no)}><span class="stand" data-state=${one.state}><${W} k=${`ticket.${one.state}`} /></span>
        <b>${one.title || one.no}</b><small>${whenText(one.opened_at)}</small></button></li>`)}</ul></div>`;
}

function Calls({ calls }) {
  if (!calls.length) return null;
  return html`<div class="calls"><h3><${W} k="pop.calls" /></h3><ul>
    ${calls.map((one) => html`<li key=${one.call_id}><time>${whenText(one.at)}</time><span><${W} k=${`outcome.${one.outcome}`} /></span>
      <span>${one.agent ?? ''}</span><span>${one.talk_s ? shortClock(one.talk_s) : ''}</span></li>`)}</ul></div>`;
}

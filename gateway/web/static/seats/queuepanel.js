// A queue, near: whether it takes calls, who waits in it, whether enough people are there for this hour, and what a lead can do.

import { get } from '../api.js';
import { named, words } from '../i18n.js';
import { clockAt } from '../lead/shell.js';
import { longestWait, waitLevel } from '../queues.js';
import { clockText } from '../states.js';
import { html, useEffect, useSignal } from '../vendor/preact.js';
import { broadcastDialog, closeDialog, standbyDialog, whatifDialog } from './dialogs.js';
import { Icon, T, Zh } from './parts.js';
import { Caller } from './waiting.js';
import { whyNotQueue } from './why.js';

const CAPACITY_MS = 15000;

const until = (page, at) => (at ? words('queue.until', { time: clockAt(new Date(at * 1000), page.time.zone).slice(0, 5) })[0] : '');

function Head({ page, queue }) {
  const longest = longestWait(queue, page.now.value);
  const open = queue.open !== false;
  return html`<header data-wait=${waitLevel(longest, queue.answer_within_s)}>
    <span class="sign count">${queue.waiting.length}</span>
    <div class="what"><h2><b>${named(queue)}</b></h2>
      <p><span class="chip" data-level=${open ? 0 : 1}><${Icon} name=${open ? 'open' : 'shut'} /><${Zh} k=${open ? 'queue.open' : 'queue.closed'} /></span>
        ${queue.broadcast ? html` <span class="chip" data-level="2"><${Icon} name="broadcast" />${words('queue.broadcast_on')[0]} ${until(page, queue.broadcast.until)}</span>` : null}</p></div>
    <output class="time">${longest === null ? '' : clockText(longest)}</output>
    <button class="quiet" type="button" onClick=${() => page.close()} aria-label=${words('seat.close').join(' ')}><${Icon} name="close" /></button>
  </header>
  ${open || !queue.closed_why ? null : html`<p class="closed">${queue.closed_why}</p>`}
  ${queue.broadcast?.text ? html`<p class="closed">“${queue.broadcast.text}”</p>` : null}`;
}

/** Lines of the hour, people planned and people there; the gateway that knows no capacity leaves the queue's own counts. */
function Capacity({ page, queue }) {
  const found = useSignal(null);
  useEffect(() => {
    const look = () => get(`/api/v1/queues/${encodeURIComponent(queue.id)}/capacity`).then((answer) => (found.value = answer), () => (found.value = null)); // prettier-ignore
    look();
    const timer = setInterval(look, CAPACITY_MS);
    return () => clearInterval(timer);
  }, [queue.id]);
  const known = found.value ?? {};
  const there = known.signed_in ?? queue.signed_in;
  const short = known.short ?? queue.short ?? 0;
  const resting = Math.max(0, there - queue.ready - queue.talking);
  const cells = [['queue.planned', known.lines ? known.planned : null], ['queue.signed_in', there], ['queue.ready', queue.ready], ['queue.talking', queue.talking], ['queue.resting', resting]]; // prettier-ignore
  return html`<section class="capacity"><h3><${T} k="queue.seats" />
      ${known.lines ? html` <span class="chip">${words('queue.lines', { line: words(`queue.${known.line}`)[0], n: known.lines })[0]}</span>` : null}
      ${known.lines ? html` <span class="chip" data-level=${short > 0 ? 1 : 0}>${short > 0 ? words('queue.short', { n: short })[0] : words('queue.enough')[0]}</span>` : null}
      ${queue.signed_in ? null : html` <span class="chip" data-level="2"><${Zh} k="queue.staff_none" /></span>`}</h3>
    <div class="cells">${cells.map(([key, value]) => html`<span key=${key}><b>${value ?? '—'}</b><${Zh} k=${key} /></span>`)}</div>
    <p class="expected"><${Zh} k="queue.expected" /><b>${queue.expected_s === null || queue.expected_s === undefined ? '—' : clockText(queue.expected_s)}</b>
      <span class="day"><${Zh} k="queue.answered" /> <b>${queue.answered_today}</b> <${Zh} k="queue.lost" /> <b>${queue.lost_today}</b></span></p>
  </section>`;
}

function Do({ page, queue }) {
  const why = whyNotQueue(page.acts);
  const open = queue.open !== false;
  const act = (key, picture, onClick, { danger = false, free = false } = {}) => html`<button type="button" class=${danger ? 'danger' : ''} data-act=${key.split('.')[1]}
    disabled=${Boolean(why) && !free} title=${words(why && !free ? why : key).join(' ')} onClick=${onClick}><${Icon} name=${picture} /><span><${Zh} k=${key} /></span></button>`;
  return html`<section class="do">
    ${open ? act('queue.close', 'shut', () => closeDialog(page, queue), { danger: true }) : act('queue.reopen', 'open', () => page.acts.open(queue))}
    ${act('tool.broadcast', 'broadcast', () => broadcastDialog(page, queue.id))}
    ${act('queue.standby', 'standby', () => standbyDialog(page, queue))}
    ${act('queue.whatif', 'report', () => whatifDialog(page, queue), { free: true })}
    ${act('queue.only', 'search', () => page.onlyQueue(queue.id), { free: true })}
    ${why ? html`<p class="why">${words(why)[0]}</p>` : null}
  </section>`;
}

export function QueuePanel({ page, id }) {
  const queue = page.hall.queues.get(id);
  if (!queue) return html`<p class="none"><${T} k="seat.gone" /></p>`;
  return html`<${Head} page=${page} queue=${queue} />
    <div class="body"><${Capacity} page=${page} queue=${queue} key=${id} /><${Do} page=${page} queue=${queue} />
      <section class="waiting"><h3><${T} k="side.waiting" /></h3><ol>${queue.waiting.length
        ? queue.waiting.map((caller) => html`<${Caller} key=${caller.call_id} page=${page} queue=${queue} caller=${caller} place />`)
        : html`<li class="none"><${T} k="queue.nobody" /></li>`}</ol></section></div>`;
}

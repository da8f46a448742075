// One conversation: what the citizen wrote with pictures and files, what was answered and what became of each answer, and
// the box to reply in. Ctrl+Enter sends, Escape closes; what was typed stays.

import { html, useLayoutEffect, useRef, useSignal } from '../vendor/preact.js';
import { Key, useKeys } from './keys.js';
import { ChannelIcon, Wait } from './letters.js';
import { inZone } from './times.js';
import { say, W } from './words-inbox.js';

const SURE_MS = 4000;
const KB = 1024;

// Times are the hall's, like the clock on its wall, whatever the browser's zone is.
const zoneOf = (store) => store.hall.value?.zone ?? 'Asia/Shanghai';
const TIME = { hour: '2-digit', minute: '2-digit', hour12: false };
const time = (at, timeZone) => inZone(at, timeZone, TIME);
const day = (at, timeZone) => inZone(at, timeZone, { month: 'long', day: 'numeric' });
const size = (bytes) => (bytes < KB * KB ? `${Math.max(1, Math.round(bytes / KB))} KB` : `${(bytes / KB / KB).toFixed(1)} MB`);
const place = (id) => `/api/v1/attachments/${encodeURIComponent(id)}`;

function File({ one, enlarge }) {
  if (one.state !== 'kept') return html`<p class="file" data-state=${one.state}>${one.name} · ${say(`file.${one.state}`)[0]} <small>${one.note}</small></p>`;
  if (/^image\/(jpeg|png|webp|gif)$/.test(one.mime)) {
    return html`<button class="picture" title=${`${say('file.big')[0]} ${one.name}`} onClick=${() => enlarge(one)}><img src=${place(one.id)} alt=${one.name} loading="lazy" /></button>`;
  }
  return html`<p class="file"><a href=${place(one.id)} download=${one.name}>${one.name}</a> <small>${size(one.size)}</small></p>`;
}

function Sent({ sent, box }) {
  const stuck = ['failed', 'impossible', 'cancelled'].includes(sent.state);
  const words = say(`sent.${sent.state}`)[0];
  return html`<small class="sent" data-state=${sent.state}>${{ delivered: '✓✓', sent: '✓', waiting: '…' }[sent.state] ?? '✕'} ${words}
    ${sent.state === 'waiting' && sent.attempts > 0 ? html` · ${sent.error}` : ''}${stuck ? html`：${sent.error}` : ''}
    ${stuck && html` <button onClick=${() => box.retry(sent.id)}><${W} k="sent.retry" /></button>`}</small>`;
}

/** Who said it: oneself by name, others by their log-in. */
function speaker(one, store, channel) {
  if (one.from === 'citizen') return `${say('thread.citizen')[0]} · ${say(`channel.${channel}`)[0]}`;
  if (one.from === 'system') return say('thread.system')[0];
  const me = store.me.value;
  return one.author === me?.login ? me.name : one.author;
}

function Said({ one, store, box, channel, enlarge }) {
  return html`<li class="said" data-from=${one.from}>
    <small class="who">${speaker(one, store, channel)} ${time(one.at, zoneOf(store))}</small>
    <div class="bubble">${one.text || (one.attachments.length ? null : html`<span class="dim"><${W} k="thread.nothing" /></span>`)}
      ${one.attachments.length > 0 && html`<div class="files">${one.attachments.map((file) => html`<${File} key=${file.id} one=${file} enlarge=${enlarge} />`)}</div>`}</div>
    ${one.sent && html`<${Sent} sent=${one.sent} box=${box} />`}
  </li>`;
}

function Talk({ store, thread, box, enlarge }) {
  const list = useRef(null);
  const count = thread.messages.length;
  useLayoutEffect(() => {
    list.current.scrollTop = list.current.scrollHeight;
  }, [count, thread.ticket.ticket_no]);
  let last = '';
  return html`<ol class="talk" ref=${list} tabindex="0" aria-live="polite">
    ${thread.messages.map((one) => {
      const today = day(one.at, zoneOf(store));
      const head = today === last ? null : html`<li key=${today} class="date">${today}</li>`;
      last = today;
      return [head, html`<${Said} key=${one.id} one=${one} store=${store} box=${box} channel=${thread.ticket.channel} enlarge=${enlarge} />`];
    })}
  </ol>`;
}

/** What the agent should know of the way back before writing. */
function Way({ way, store }) {
  const now = store.now.value;
  const zone = zoneOf(store);
  if (!way.ok) return html`<p class="way bad" role="note"><${W} k="way.none" />${way.why && html` <span>（${way.why}）</span>`}</p>`;
  if (way.until !== null && now > way.until) return html`<p class="way bad" role="note"><${W} k="way.over" /></p>`;
  if (way.left === 0) return html`<p class="way bad" role="note"><${W} k="way.left" n="0" /></p>`;
  if (way.until === null && way.left === null) return null;
  return html`<p class="way" role="note">${way.until !== null && html`<${W} k="way.until" t=${`${day(way.until, zone)} ${time(way.until, zone)}`} />`}
    ${way.left !== null && html` <${W} k="way.left" n=${way.left} />`}</p>`;
}

function Templates({ list, pick }) {
  if (!list.length) return html`<p class="templates dim"><${W} k="reply.template.none" /></p>`;
  return html`<ul class="templates">${list.map(
    (one, n) => html`<li key=${one.id}><button onClick=${() => pick(one)}><b>${n < 9 ? `${n + 1} ` : ''}${one.name}</b> <small>${one.text}</small></button></li>`,
  )}</ul>`;
}

/** Put a text where the cursor stands. */
function insert(field, text) {
  field.focus();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

function Reply({ store, box, thread, field }) {
  const no = thread.ticket.ticket_no;
  const menu = useSignal(false);
  box.drawn.value; // drawn anew with each letter, also of a text that was brought back
  const text = box.text(no);
  const over = text.length - thread.way.longest;
  const sending = box.sending.value === no;
  const list = store.desk.value?.templates ?? [];
  const send = () => over <= 0 && box.send(no);
  const pick = (one) => {
    menu.value = false;
    insert(field.current, one.text.replaceAll('{ticket_no}', no));
  };
  const inside = () => Boolean(document.activeElement?.closest?.('.thread'));
  const digits = list.slice(0, 9).map((one, n) => [String(n + 1), [one.name, ''], () => pick(one), () => menu.value]);
  useKeys([['Ctrl+Enter', say('reply.send'), send, inside], ['Alt+T', say('reply.template'), () => {
    menu.value = !menu.value;
    if (menu.value) document.querySelector('.thread .talk')?.focus(); // digits choose now
  }, inside], ...digits], say('keys.inbox')); // prettier-ignore
  return html`<footer class="reply">
    <${Way} way=${thread.way} store=${store} />
    ${menu.value && html`<${Templates} list=${list} pick=${pick} />`}
    <textarea ref=${field} rows="3" aria-label=${say('reply.label').join(' ')} placeholder=${say('reply.hint')[0]} value=${text}
      onInput=${(event) => box.type(no, event.currentTarget.value)}></textarea>
    <div class="row"><button onClick=${() => (menu.value = !menu.value)} aria-expanded=${menu.value}><${W} k="reply.template" /> <kbd>Alt+T</kbd></button>
      <small class="letters" data-over=${over > 0}>${over > 0 ? say('reply.long', { n: over })[0] : `${text.length} / ${thread.way.longest}`}</small>
      ${text && html`<small class="kept"><${W} k="reply.kept" /></small>`}
      <button class="main" disabled=${!text.trim() || over > 0 || sending} onClick=${send}><${W} k=${sending ? 'reply.sending' : 'reply.send'} /> <${Key} name="Ctrl+Enter" /></button></div>
  </footer>`;
}

function Head({ store, box, thread, finish, sure }) {
  const { ticket } = thread;
  const no = ticket.ticket_no;
  return html`<header>
    <div class="names"><span class="by" data-channel=${ticket.channel}><${ChannelIcon} name=${ticket.channel} /><b>${say(`channel.${ticket.channel}`)[0]}</b></span>
      <h2>${ticket.title || no}</h2><button class="close" aria-label=${say('thread.close').join(' ')} onClick=${() => box.close()}>✕ <kbd>Esc</kbd></button></div>
    <div class="row"><span class="no">${no}</span><span class="dim">${[ticket.kind, ticket.name].filter(Boolean).join(' · ')}</span><${Wait} item=${thread} store=${store} />
      <span class="space"></span>
      <button onClick=${() => box.release(no)}><${W} k="thread.release" /></button>
      <button class=${sure ? 'sure' : ''} onClick=${finish}><${W} k=${sure ? 'thread.done.sure' : 'thread.done'} /> <kbd>Alt+F</kbd></button></div>
  </header>`;
}

function Picture({ one, close }) {
  const button = useRef(null);
  useKeys([['Escape', say('thread.close'), close]], say('keys.inbox'));
  useLayoutEffect(() => button.current?.focus(), []);
  return html`<div class="enlarged" role="dialog" aria-modal="true" aria-label=${one.name} onClick=${close}>
    <img src=${place(one.id)} alt=${one.name} /><p>${one.name} <button ref=${button} onClick=${close}><${W} k="thread.close" /> <kbd>Esc</kbd></button></p></div>`;
}

function Opened({ store, box, no }) {
  const field = useRef(null);
  const sure = useSignal(false);
  const big = useSignal(null);
  const thread = box.thread.value;
  const finish = () => {
    if (thread?.due_at === null || sure.value) return box.done(no);
    sure.value = true;
    return setTimeout(() => (sure.value = false), SURE_MS);
  };
  const open = () => box.open.value === no;
  useKeys([['Escape', say('thread.close'), () => box.close(), open], ['Alt+F', say('thread.done'), finish, open],
    ['Alt+Shift+F', say('thread.release'), () => box.release(no), open], ['Alt+ArrowDown', say('thread.next'), () => box.next(1), open],
    ['Alt+ArrowUp', say('thread.previous'), () => box.next(-1), open]], say('keys.inbox')); // prettier-ignore
  // both with the drawing: who sees the box types into it
  useLayoutEffect(() => {
    const before = document.activeElement; // closed, the cursor is where it was
    return () => before?.isConnected && before.focus();
  }, []);
  useLayoutEffect(() => field.current?.focus({ preventScroll: true }), [Boolean(thread)]);
  return html`<aside class="thread" aria-label=${say('box.title').join(' ')}>
    ${thread
      ? html`<${Head} store=${store} box=${box} thread=${thread} finish=${finish} sure=${sure.value} />
          <${Talk} store=${store} thread=${thread} box=${box} enlarge=${(one) => (big.value = one)} />
          <${Reply} store=${store} box=${box} thread=${thread} field=${field} />`
      : html`<p class="nothing"><${W} k="thread.loading" /></p>`}
    ${big.value && html`<${Picture} one=${big.value} close=${() => (big.value = null)} />`}
  </aside>`;
}

export function Thread({ store, box }) {
  const no = box.open.value;
  return no ? html`<${Opened} key=${no} store=${store} box=${box} no=${no} />` : null;
}

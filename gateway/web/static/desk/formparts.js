// What stands around the fields: tabs of drafts, the clock of the ten minutes, notices, whether it is saved, what was filed.

import { html, useSignal } from '../vendor/preact.js';
import { drawn } from './fields.js';
import { shortClock } from './finding.js';
import { Key } from './keys.js';
import { Icon } from './parts.js';
import { say, W } from './words-form.js';

const PHASES = { ringing: 'ringing', up: 'talking', ended: 'wrap_up', '': 'queue' };

/** Seconds left to send on, or null while the call goes on (or there was none). */
const leftOf = (endedAt, now, minutes) => (endedAt ? endedAt + minutes * 60 - now : null);

export function Tabs({ work }) {
  const list = work.drafts.list.value;
  return html`<div class="tabs" role="tablist" aria-label=${say('form.title').join(' ')}>
    ${list.map((draft) => html`<${Tab} key=${draft.key} work=${work} draft=${draft} />`)}
    <button class="tab add" onClick=${() => work.blank()} title=${say('form.newTab').join(' ')} aria-label=${say('form.newTab').join(' ')}>＋ <${Key} name="Alt+W" /></button>
  </div>`;
}

function Tab({ work, draft }) {
  const active = work.drafts.active.value === draft.key;
  const label = work.labelOf(draft);
  const gone = say('clock.gone').map((text) => text.replace('%', draft.wentTo.value));
  const key = (event) => {
    if (event.key === 'Enter' || event.key === ' ') work.show(draft.key);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      work.step(event.key === 'ArrowRight' ? 1 : -1);
      drawn(() => document.querySelector('.form .tab[aria-selected=true]')?.focus());
    } else return;
    event.preventDefault();
  };
  return html`<div class="tab" role="tab" tabindex=${active ? 0 : -1} aria-selected=${active} data-phase=${draft.phase.value} data-key=${draft.key}
    onClick=${() => work.show(draft.key)} onKeyDown=${key}>
    <${Icon} name=${PHASES[draft.phase.value]} />
    <b>${label || html`<${W} k="form.new" />`}</b>${draft.wentTo.value && html`<small title=${gone.join(' / ')}>→ ${draft.wentTo.value}</small>`}
  </div>
    ${active && draft.phase.value !== 'up' && draft.phase.value !== 'ringing' && html`<${Discard} key=${draft.key} work=${work} draft=${draft} />`}`;
}

/** Throwing away takes two presses when something was typed. */
function Discard({ work, draft }) {
  const sure = useSignal(false);
  const press = (event) => {
    event.stopPropagation();
    if (draft.touched && !sure.value) return (sure.value = true);
    return work.drafts.discard(draft).catch((failure) => work.store.fail(failure));
  };
  return html`<button class="discard" data-sure=${sure.value} onClick=${press} onBlur=${() => (sure.value = false)} aria-label=${say('form.discard').join(' ')}>
    ${sure.value ? html`<${W} k="form.discard.sure" />` : '×'}</button>`;
}

/** The bar that fills towards the time by which the ticket must be sent on. */
export function Deadline({ store, draft, minutes }) {
  if (!draft.callId) return null;
  if (draft.wentTo.value) return html`<div class="deadline" data-state="gone"><span class="words"><${W} k="clock.gone" n=${draft.wentTo.value} /></span></div>`;
  const left = leftOf(draft.endedAt.value, store.now.value, minutes);
  const share = left === null ? 0 : Math.min(1, 1 - left / (minutes * 60));
  const state = left === null ? 'talk' : left < 0 ? 'over' : left < 120 ? 'near' : 'left';
  return html`<div class="deadline" data-state=${state} role="timer" aria-live="off">
    <progress max="1000" value=${Math.round(share * 1000)} aria-hidden="true"></progress>
    <span class="words">${state === 'talk'
      ? html`<${W} k=${draft.phase.value === 'ringing' ? 'clock.ring' : 'clock.talk'} />`
      : html`<${W} k=${state === 'over' ? 'clock.over' : 'clock.left'} /> <b>${shortClock(Math.abs(left))}</b> <i><${W} k="clock.of" n=${minutes} /></i>`}</span>
  </div>`;
}

/** What the agent must know about the form: another page, another copy, a refusal. */
export function Notices({ work, draft }) {
  if (work.second.value) {
    return html`<div class="notice bad" role="alert"><span><${W} k="second.title" /></span>
      <button onClick=${() => work.takeOver()}><${W} k="second.take" /></button></div>`;
  }
  if (!draft) return null;
  const other = draft.other.value;
  return html`
    ${draft.sure.value && draft.wentTo.value && html`<div class="notice bad" role="alert"><span><${W} k="gone.ask" n=${draft.wentTo.value} /></span></div>`}
    ${other && html`<div class="notice" role="status"><span><${W} k="other.title" /> “${(other.content ?? '').slice(0, 24)}”</span>
      <button onClick=${() => work.drafts.swap(draft)}><${W} k="other.swap" /></button>
      <button onClick=${() => (draft.other.value = null)}><${W} k="other.keep" /></button></div>`}
    ${draft.why.value && html`<div class="notice bad" role="alert"><span>${draft.why.value}</span></div>`}`;
}

const SIGNS = { saved: 'ready', saving: 'wrap_up', offline: 'failing', refused: 'close' };

/** 已保存 / 保存中 / 离线，本机已存. */
export function Saved({ draft }) {
  const state = draft.state.value;
  return html`<span class="saved" data-state=${state} role="status"><${Icon} name=${SIGNS[state]} /> <${W} k=${`state.${state}`} /></span>`;
}

/** The tickets filed last, with their clock until they are sent on. */
export function Filed({ store, work }) {
  const list = work.filed.value.slice(0, 2);
  if (!list.length) return null;
  const minutes = (store.desk.value?.rules?.send_on_s ?? 600) / 60;
  return html`<ul class="filed">${list.map((one) => html`<${FiledOne} key=${one.ticket_no} store=${store} work=${work} one=${one} minutes=${minutes} />`)}</ul>`;
}

function FiledOne({ store, work, one, minutes }) {
  const left = one.sentTo ? null : leftOf(one.endedAt, store.now.value, minutes);
  const going = useSignal(false);
  const send = async () => {
    if (going.value) return;
    going.value = true;
    await store.ask(work.sendOn(one, work.partner.value));
    going.value = false;
  };
  return html`<li data-no=${one.ticket_no}>
    <${Icon} name="ready" /> <${W} k="filed.done" /> <button class="plain" onClick=${() => work.look(one.ticket_no)}>${one.ticket_no}</button>
    <span class="of">${one.title}</span>
    ${one.sentTo ? html`<b class="to"><${W} k="filed.sent" /> ${one.sentTo}</b>` : ''}
    ${left !== null && html`<b class="left" data-over=${left < 0}>${shortClock(left)}</b>`}
    ${!one.sentTo && work.partner.value && html`<button disabled=${going.value} onClick=${send}><${W} k="act.sendOn" /> ${work.partner.value}</button>`}
  </li>`;
}

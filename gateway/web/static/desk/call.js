// The call at the seat: who it is as far as this agent may know, how long it lasts, and its keys. Without a call the same
// place says what is waiting and lets the agent dial out under a number of ours.

import { html, useLayoutEffect, useRef, useSignal } from '../vendor/preact.js';
import { useKeys } from './keys.js';
import { Icon, Since } from './parts.js';
import { say, T } from './words.js';

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const NUMBER = /^\+?[0-9*#]{2,20}$/;
const HOTLINE = '12345';
const CALL_KEYS = { answer: 'F2', hold: 'F4', mute: 'F6', pad: 'F7', hangup: 'F8' };

/** How long the citizen waited, against the promise to answer within 15 s (GB/T 33358). */
function Waited({ store, call }) {
  if (call.waitingSince === null || call.waitingSince === undefined) return null;
  const until = call.answeredAt ?? store.now.value;
  const waited = Math.max(0, Math.round(until - call.waitingSince));
  const promise = store.queues.value.get(call.queue)?.answer_within_s ?? 15;
  return html`<div class="waited" data-over=${waited > promise}>
    <${T} k="call.waited" /><b>${waited} s</b>
    <meter aria-hidden="true" min="0" max=${promise * 2} high=${promise} value=${Math.min(waited, promise * 2)}></meter>
    <small>${promise} s</small>
  </div>`;
}

function Facts({ store, call }) {
  const queue = store.queues.value.get(call.queue);
  const entry = call.entryName ? [call.entryName.name, call.entryName.name_en] : ['', ''];
  return html`<dl class="facts">
    ${call.entry ? html`<div><dt><${T} k="call.entry" /></dt><dd><b>${call.entry}</b> ${entry[0]}</dd></div>` : null}
    ${queue ? html`<div><dt><${T} k="call.queue" /></dt><dd>${queue.name}</dd></div>` : null}
  </dl>`;
}

/** What the keys do now; each checks for itself whether it may. */
function acts(store) {
  const { handset } = store;
  const call = () => store.call.value;
  const speaking = () => Boolean(call()) && call().state !== 'ringing' && store.link.value !== 'down';
  return {
    ringing: () => call()?.state === 'ringing',
    speaking,
    answer: () => handset.act('answer'),
    hold: () => handset.act(call().held ? 'resume' : 'hold'),
    mute: () => handset.act(call().muted ? 'unmute' : 'mute'),
    hangup: () => handset.act('hangup'),
    digit: (digit) => handset.act('dtmf', digit),
  };
}

function Pad({ act }) {
  const typed = useSignal('');
  const press = (digit) => {
    typed.value = (typed.value + digit).slice(-24);
    act.digit(digit);
  };
  const read = (event) => {
    if (!DIGITS.includes(event.key) || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    press(event.key);
  };
  const box = useRef(null);
  useLayoutEffect(() => box.current.focus(), []); // once: a drawing of the call must not take the cursor out of the form
  return html`<div class="pad" role="group" tabindex="-1" ref=${box} aria-label=${say('call.pad').join(' ')} onKeyDown=${read}>
    <output>${typed.value || '—'}</output>
    ${DIGITS.map((digit) => html`<button key=${digit} tabindex="-1" onClick=${() => press(digit)}>${digit}</button>`)}
  </div>`;
}

const Act = ({ name, word, icon, onClick, on = false, kind = '', disabled = false }) =>
  html`<button class=${`act ${kind}`} data-on=${on} disabled=${disabled} onClick=${onClick}>
    <${Icon} name=${icon} /><${T} k=${word} /><kbd>${CALL_KEYS[name]}</kbd></button>`;

function Ringing({ act, call }) {
  return html`<div class="acts ringing">
    <button class="act answer" onClick=${act.answer}><${Icon} name="talking" /><${T} k="call.answer" /><kbd>F2</kbd></button>
    <${Act} name="hangup" word="call.refuse" icon="hangup" kind="bad" onClick=${act.hangup} disabled=${!call} />
  </div>`;
}

function Speaking({ store, act, call, pad }) {
  const off = !act.speaking();
  return html`<div class="acts">
    <${Act} name="hold" word=${call.held ? 'call.resume' : 'call.hold'} icon=${call.held ? 'talking' : 'held'} on=${call.held} onClick=${act.hold} disabled=${off} />
    <${Act} name="mute" word=${call.muted ? 'call.unmute' : 'call.mute'} icon=${call.muted ? 'mute' : 'mic'} on=${call.muted} onClick=${act.mute} disabled=${off} />
    <${Act} name="pad" word="call.pad" icon="pad" on=${pad.value} onClick=${() => (pad.value = !pad.value)} disabled=${off} />
    <${Act} name="hangup" word="call.hangup" icon="hangup" kind="bad" onClick=${act.hangup} disabled=${off} />
  </div>
  ${pad.value ? html`<${Pad} act=${act} store=${store} />` : null}`;
}

function Current({ store, call, act, pad }) {
  const ringing = call.state === 'ringing';
  return html`<div class="callhead">
      <span class="statechip" data-state=${call.state}><${Icon} name=${call.state} /><${T} k=${`state.${call.state}`} /></span>
      <${Since} store=${store} since=${ringing ? call.rangAt : call.answeredAt} big />
    </div>
    <p class="caller">${call.caller || say('call.hidden')[0]}</p>
    <${Facts} store=${store} call=${call} />
    <${Waited} store=${store} call=${call} />
    ${call.held ? html`<p class="holdline"><${Icon} name="held" /><${T} k="call.held_for" /><${Since} store=${store} since=${call.since} /></p>` : null}
    ${call.muted ? html`<p class="holdline muted"><${Icon} name="mute" /><${T} k="call.muted" /></p>` : null}
    ${ringing ? html`<${Ringing} act=${act} call=${call} />` : html`<${Speaking} store=${store} act=${act} call=${call} pad=${pad} />`}`;
}

// Without a call -----------------------------------------------------------------------------------------------------

/** Who waits in the queues; of those that nobody waits in, nothing is said. */
function Waiting({ store }) {
  const queues = [...store.queues.value.values()].filter((queue) => queue.waiting.length);
  if (!queues.length) return null;
  return html`<ul class="queuelist">
    ${queues.map((queue) => {
      const longest = Math.max(0, store.now.value - Math.min(...queue.waiting.map((one) => one.since)));
      return html`<li key=${queue.id} data-over=${longest > queue.answer_within_s}>
        <span>${queue.name}</span><b>${queue.waiting.length}</b><small>${say('call.waiting')[0]} · ${say('call.longest')[0]} ${Math.round(longest)} s</small></li>`;
    })}
  </ul>`;
}

/** Numbers of ours that a call may show: what the desk allows, else all that citizens dial. */
function ownNumbers(store) {
  const allowed = store.desk.value?.entries;
  if (allowed) return allowed.map(({ number, name }) => ({ number, name }));
  return Object.entries(store.plan.value.entries).map(([number, { name }]) => ({ number, name }));
}

function Dial({ store }) {
  const number = useSignal('');
  const own = ownNumbers(store);
  const from = useSignal('');
  const off = store.dialling.value || store.link.value !== 'up';
  const shown = from.value || (own.find((one) => one.number === HOTLINE) ?? own[0])?.number || '';
  const call = async (event) => {
    event.preventDefault();
    const plain = number.value.replace(/[\s-]/g, '');
    if (!NUMBER.test(plain)) return store.toast('warn', say('call.bad_number'));
    const typed = number.value;
    if ((await store.dial({ number: plain }, shown)) && number.value === typed) number.value = '';
    return undefined;
  };
  const last = store.calls.last;
  return html`<form class="dial" onSubmit=${call}>
    <label class="from"><${T} k="call.from" />
      <select value=${shown} onChange=${(event) => (from.value = event.target.value)}>
        ${own.map((one) => html`<option key=${one.number} value=${one.number}>${one.number} ${one.name}</option>`)}
      </select></label>
    <div class="row"><input type="tel" autocomplete="off" value=${number.value} placeholder=${say('call.number')[0]}
        aria-label=${say('call.number').join(' / ')} onInput=${(event) => (number.value = event.target.value)} />
      <button disabled=${!number.value || off}><${Icon} name="outbound" /><${T} k="call.dial" /></button></div>
    ${last?.id
      ? html`<button type="button" class="back" disabled=${off} onClick=${() => store.dial({ call_id: last.id }, shown)}>
          <${Icon} name="outbound" /><${T} k="call.back" /><b>${last.caller}</b></button>`
      : null}
  </form>`;
}

function Idle({ store }) {
  const ready = store.seat.value?.presence === 'ready';
  return html`<div class="callhead idle"><span class="statechip" data-state=${ready ? 'ready' : 'signed_out'}>
      <${Icon} name=${ready ? 'ready' : 'talking'} /><${T} k=${ready ? 'call.ready' : 'call.none'} /></span></div>
    <${Waiting} store=${store} />
    <${Dial} store=${store} />`;
}

export function Call({ store }) {
  const pad = useSignal(false);
  const act = acts(store);
  const call = store.call.value;
  useKeys(
    [
      [CALL_KEYS.answer, say('call.answer'), act.answer, act.ringing],
      [CALL_KEYS.hold, say('call.hold'), act.hold, act.speaking],
      [CALL_KEYS.mute, say('call.mute'), act.mute, act.speaking],
      [CALL_KEYS.pad, say('call.pad'), () => (pad.value = !pad.value), act.speaking],
      [CALL_KEYS.hangup, say('call.hangup'), act.hangup, () => act.ringing() || act.speaking()],
    ],
    say('keys.call'),
  );
  if (!call && pad.value) pad.value = false;
  return html`<section class="card call" data-state=${call?.state ?? 'idle'} aria-label=${say('keys.call').join(' ')}>
    <p class="heard" role="alert">${call?.state === 'ringing' ? `${say('state.ringing')[0]} ${call.caller} ${call.entryName?.name ?? call.entry}` : ''}</p>
    ${call ? html`<${Current} store=${store} call=${call} act=${act} pad=${pad} />` : html`<${Idle} store=${store} />`}
  </section>`;
}

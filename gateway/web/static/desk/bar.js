// The top bar: whose desk this is, how the agent stands (ready, not ready and why, wrap-up with what is left of it), since
// when, and whether what the page shows is fresh.

import { html, useSignal } from '../vendor/preact.js';
import { useKeys } from './keys.js';
import { Clock, Icon, Menu, Ring, Since } from './parts.js';
import { wallClock } from './times.js';
import { say, T } from './words.js';

const MOST_DIGITS = 9;
/** The last seconds of a wrap-up are shown as such: calls come after them. */
const NEAR_S = 5;

/** The state in one word: what happens on the line before what the agent has chosen. */
export function stateOf(seat, call) {
  if (call) return call.state;
  if (!seat) return 'signed_out';
  if (seat.presence !== 'signed_out' && !seat.reachable) return 'offline';
  return seat.presence;
}

function wordOf(state, seat, reasons) {
  if (state !== 'not_ready') return say(`state.${state}`);
  if (seat.reason === 'sign_in') return say('state.sign_in');
  const reason = reasons.find((one) => one.id === seat.reason);
  return reason ? [reason.name, reason.name_en] : say('state.not_ready');
}

function State({ store }) {
  const seat = store.seat.value;
  const call = store.call.value;
  const state = stateOf(seat, call);
  const since = call ? call.since : seat?.presence_since;
  const wrap = state === 'wrap_up' && seat.wrap_up_until;
  const near = Boolean(wrap) && wrap - store.now.value <= NEAR_S;
  return html`<div class="state" data-state=${state} data-near=${near}>
    ${wrap
      ? html`<${Ring} store=${store} from=${seat.presence_since} until=${seat.wrap_up_until} />`
      : html`<span class="sign"><${Icon} name=${state} /></span>`}
    <span class="word" role="status"><${T} pair=${wordOf(state, seat, store.reasons.value)} /></span>
    ${wrap ? html`<span class="note"><${T} k="bar.left" /></span>` : html`<${Since} store=${store} since=${since} big />`}
    ${state === 'not_ready' ? html`<${RestLimit} store=${store} seat=${seat} />` : null}
  </div>`;
}

function RestLimit({ store, seat }) {
  const most = store.reasons.value.find((one) => one.id === seat.reason)?.max_minutes;
  if (!most) return null;
  const over = store.now.value - seat.presence_since > most * 60;
  return html`<span class="note" data-over=${over}>${over ? html`<${T} k="bar.over" />` : html`<${T} k="bar.limit" n=${most} />`}</span>`;
}

function Reasons({ store, choose, close }) {
  return html`<${Menu} close=${close}>
    ${store.reasons.value.map(
      (one, n) => html`<button key=${one.id} role="menuitem" onClick=${() => choose(n)}>
        <kbd>${n + 1}</kbd><${T} pair=${[one.name, one.name_en]} />
        ${one.max_minutes ? html`<span class="note"><${T} k="bar.limit" n=${one.max_minutes} /></span>` : null}
      </button>`,
    )}
  </${Menu}>`;
}

function Presence({ store }) {
  const open = useSignal(false);
  const seat = store.seat.value;
  const free = () => Boolean(store.seat.value) && store.link.value === 'up' && !store.asking.value;
  const toggle = () => (open.value = !open.value);
  const close = () => (open.value = false);
  const choose = (n) => {
    close();
    store.notReady(store.reasons.value[n].id);
  };
  useKeys(
    [
      ['Alt+R', say('bar.ready'), () => store.ready(), () => free() && store.seat.value.presence !== 'ready'],
      ['Alt+N', say('bar.not_ready'), toggle, free],
      ...store.reasons.value.slice(0, MOST_DIGITS).map((one, n) => [String(n + 1), [`${say('bar.not_ready')[0]} ${one.name}`, one.name_en], () => choose(n), () => open.value]),
    ],
    say('keys.seat'),
  );
  if (!seat) return null;
  return html`<div class="presence">
    <button class="good" data-on=${seat.presence === 'ready'} disabled=${!free() || seat.presence === 'ready'}
      onClick=${() => store.ready()}><${Icon} name="ready" /><${T} k="bar.ready" /><kbd>Alt R</kbd></button>
    <button data-on=${seat.presence === 'not_ready'} aria-haspopup="menu" aria-expanded=${open.value} disabled=${!free()} onClick=${toggle}>
      <${Icon} name="not_ready" /><${T} k="bar.not_ready" /><kbd>Alt N</kbd></button>
    ${open.value ? html`<${Reasons} store=${store} choose=${choose} close=${close} />` : null}
  </div>`;
}

/** Which telephone, and whether a call would reach it: [the words' key, whether all is well]. */
function lineOf(handset, seat) {
  if (!handset.isSoft) return seat.reachable ? ['phone.desk', true] : ['phone.gone', false];
  const { registered, link, call } = handset.state.value;
  if (call?.trouble === 'mic') return ['phone.mic', false];
  if (registered) return ['phone.ok', true];
  return [link === 'off' || link === 'up' ? 'phone.bad' : `phone.${link}`, false];
}

function Device({ store }) {
  const seat = store.seat.value;
  const { handset } = store;
  const [words, good] = lineOf(handset, seat);
  const name = say(handset.isSoft ? 'bar.soft' : 'bar.desk')[0];
  return html`<button class="device" data-good=${good} title=${say(words).join(' / ')} disabled=${good} onClick=${() => handset.again()}>
    <${Icon} name=${handset.isSoft ? 'headset' : 'desk_phone'} />
    <span class="two"><b>${seat.id}</b><small>${good ? `${name} ${seat.extension}` : say(words)[0].split('，')[0]}</small></span>
  </button>`;
}

function Who({ store }) {
  const open = useSignal(false);
  const busy = Boolean(store.call.value);
  const act = (what) => () => {
    open.value = false;
    store[what]();
  };
  return html`<div class="who">
    <button aria-haspopup="menu" aria-expanded=${open.value} onClick=${() => (open.value = !open.value)}>
      <span class="two"><b>${store.me.value?.name ?? ''}</b><small>${store.me.value?.agent ?? ''}</small></span><${Icon} name="more" /></button>
    ${open.value
      ? html`<${Menu} right close=${() => (open.value = false)}>
          ${store.seat.value ? html`<button role="menuitem" disabled=${busy} onClick=${act('signOut')}><${Icon} name="signed_out" /><${T} k="bar.sign_out" /></button>` : null}
          <button role="menuitem" disabled=${busy} onClick=${act('leave')}><${Icon} name="out" /><${T} k="bar.leave" /></button>
        </${Menu}>`
      : null}
  </div>`;
}

export function Bar({ store }) {
  return html`<header class="topbar">
    <img src="/static/icon.svg" alt="12345" />
    <span class="brand"><b>12345</b><small>${say('desk.title')[0]}</small></span>
    ${store.seat.value ? html`<${Device} store=${store} />` : null}
    <${State} store=${store} />
    <${Presence} store=${store} />
    <span class="space"></span>
    <span class="linkpill" data-link=${store.link.value} role="status"><${Icon} name="link" /><${T} k=${`link.${store.link.value}`} /></span>
    <${Clock} store=${store} />
    <${Who} store=${store} />
  </header>`;
}

/** Says what is stale and what still works. */
export function Banner({ store }) {
  if (!store.stale.value) return null;
  const timeZone = store.hall.value?.zone ?? 'Asia/Shanghai';
  const time = wallClock(store.now.peek(), timeZone);
  return html`<div class="banner" role="alert"><${Icon} name="offline" /><${T} k=${`stale.${store.link.value}`} time=${time} /></div>`;
}

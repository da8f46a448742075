// The panel of keys: each partner (联动单位) with the state of its line, 110 first; one press hands the call over. The second
// tab is for help (求助) from a colleague, a queue or a flow. What becomes of a press is told in running.js.

import { html, useComputed, useLayoutEffect, useRef, useSignal } from '../vendor/preact.js';
import { drawn } from './fields.js';
import { finder } from './initials.js';
import { useKeys } from './keys.js';
import { Icon, Menu } from './parts.js';
import { stateOf } from './bar.js';
import { say, T } from './words.js';

const FIRST = '110';
const WITH_KEYS = 9;

/** 110 first, the rest as the registry has them. */
export const inOrder = (partners) => [...partners].sort((a, b) => Number(b.number === FIRST) - Number(a.number === FIRST));

function press(store, partner, mode) {
  if (partner.state === 'readout') store.readout.value = partner;
  else store.transfers.press({ kind: 'partner', to: partner.number, mode, name: partner.name });
}

/** Whether the key of a partner does something now: a number can always be read out, and one that is closed may have a
 * stand-in, which the gateway's refusal offers. */
const works = (store, partner) =>
  partner.state === 'readout' || ((partner.state !== 'closed' || Boolean(partner.instead)) && store.transfers.canPress());

function stateWord(partner) {
  const n = partner.state === 'failing' ? partner.failures : partner.running;
  return say(`part.${partner.state}`, { n });
}

function Modes({ store, partner, close }) {
  const choose = (mode) => {
    close();
    press(store, partner, mode);
  };
  return html`<${Menu} right close=${close}>
    ${partner.modes.map((mode) => html`<button key=${mode} role="menuitem" disabled=${!works(store, partner)} onClick=${() => choose(mode)}><${T} k=${`mode.${mode}`} /></button>`)}
  </${Menu}>`;
}

function PartnerKey({ store, partner, n, chosen, open }) {
  const pressed = store.transfers.pressed.value?.kind === 'partner' && store.transfers.pressed.value.to === partner.number;
  const several = partner.modes.length > 1;
  const [zh, en] = stateWord(partner);
  return html`<div class="pkey" data-state=${partner.state} data-first=${partner.number === FIRST} data-pressed=${pressed} data-chosen=${chosen} data-several=${several}>
    <button class="main" data-partner=${partner.number} disabled=${!pressed && !works(store, partner)}
      title=${`${partner.name} ${partner.number} · ${zh} ${partner.reason ?? ''}`}
      onClick=${() => press(store, partner)}>
      <span class="name">${partner.name}</span>
      <span class="line"><b>${partner.number}</b><i>${say(`mode.${partner.mode}`)[0]}</i></span>
      <span class="pstate"><${Icon} name=${pressed ? 'ringing' : partner.state} />${pressed ? say('part.pressed')[0] : zh}<small lang="en"> ${pressed ? say('part.pressed')[1] : en}</small></span>
      ${n < WITH_KEYS ? html`<kbd>Alt ${n + 1}</kbd>` : null}
    </button>
    ${several
      ? html`<button class="modes" aria-label=${`${partner.name} ${say('part.modes').join(' ')}`} disabled=${!works(store, partner)}
          aria-haspopup="menu" aria-expanded=${open.value === partner.number} onClick=${() => (open.value = open.value === partner.number ? '' : partner.number)}><${Icon} name="more" /></button>`
      : null}
    ${open.value === partner.number ? html`<${Modes} store=${store} partner=${partner} close=${() => (open.value = '')} />` : null}
  </div>`;
}

/** Search by what an agent has in mind; arrows choose, Enter presses, the right arrow shows the other ways. */
function Search({ typed, placeholder, hint, field, onMove, onEnter, onMore }) {
  const keys = { ArrowDown: () => onMove(1), ArrowUp: () => onMove(-1), Enter: onEnter, ArrowRight: onMore };
  const read = (event) => {
    if (event.isComposing) return;
    if (event.key === 'Escape') typed.value = '';
    const does = keys[event.key];
    if (!does || (event.key === 'ArrowRight' && typed.value && event.target.selectionStart < typed.value.length)) return;
    event.preventDefault();
    does();
  };
  return html`<label class="search"><${Icon} name="search" />
    <input type="search" ref=${field} autocomplete="off" value=${typed.value} placeholder=${placeholder[0]} aria-label=${placeholder.join(' / ')}
      onInput=${(event) => (typed.value = event.target.value)} onKeyDown=${read} /><kbd>${hint}</kbd></label>`;
}

function PartnerKeys({ store, field, back }) {
  const typed = useSignal('');
  const at = useSignal(-1);
  const open = useSignal('');
  const known = useComputed(() => inOrder(store.partners.value).map((one, n) => ({ one, n, fits: finder(one.name, one.name_en, one.number) })));
  const found = known.value.filter((entry) => entry.fits(typed.value));
  const chosen = typed.value && at.value < 0 ? 0 : Math.min(at.value, found.length - 1);
  const then = (does) => () => found[chosen] && does(found[chosen].one);
  const nth = (n) => known.value[n]?.one;
  useKeys(
    known.value.slice(0, WITH_KEYS).map((_, n) => [
      `Alt+${n + 1}`, say('keys.press', { name: nth(n)?.name ?? n + 1 }), () => press(store, nth(n)),
      () => Boolean(nth(n)) && works(store, nth(n)),
    ]),
    say('keys.transfer'),
  );
  const enter = (one) => {
    if (!works(store, one)) return;
    typed.value = '';
    at.value = -1;
    back();
    press(store, one);
  };
  return html`<${Search} typed=${typed} field=${field} placeholder=${say('part.find')} hint="Alt P"
      onMove=${(by) => (at.value = Math.max(0, Math.min(found.length - 1, chosen + by)))}
      onEnter=${then(enter)} onMore=${then((one) => (open.value = one.number))} />
    <div class="pkeys">
      ${found.map(({ one, n }, place) => html`<${PartnerKey} key=${one.number} store=${store} partner=${one} n=${n} chosen=${place === chosen} open=${open} />`)}
      ${found.length ? null : html`<p class="nothing"><${T} k="part.none" /></p>`}
    </div>`;
}

// Help (求助) ---------------------------------------------------------------------------------------------------------

/** Shift leads first, then colleagues who are free, then queues and flows. */
function helpers(store) {
  const leads = new Set((store.desk.value?.leads ?? []).map((one) => one.agent_id));
  const seats = [...store.seats.value.values()].filter((one) => one.agent && one.presence !== 'signed_out' && one.id !== store.seat.value?.id);
  const people = seats
    .map((one) => ({
      kind: 'to_seat', to: one.id, name: one.agent_name ?? one.agent, note: one.id, lead: leads.has(one.agent),
      state: one.activity === 'idle' ? stateOf(one, null) : one.activity,
      free: one.activity === 'idle' && one.reachable,
    }))
    .sort((a, b) => b.lead - a.lead || b.free - a.free);
  const queues = [...store.queues.value.values()].map((one) => ({
    kind: 'queue', to: one.id, name: one.name, note: say('part.ready', { n: one.ready })[0], state: 'queue', free: true,
  }));
  const flows = (store.desk.value?.flows ?? []).map((one) => ({ kind: 'flow', to: one.id, name: one.name ?? one.id, note: '', state: 'flow', free: true }));
  return [...people, ...queues, ...flows];
}

function Help({ store, field, back }) {
  const typed = useSignal('');
  const at = useSignal(-1);
  const found = helpers(store).filter((one) => finder(one.name, '', one.to, one.note)(typed.value)).slice(0, 60);
  const chosen = typed.value && at.value < 0 ? 0 : Math.min(at.value, found.length - 1);
  const ask = (one) => one.free && store.transfers.press({ kind: one.kind, to: one.to, name: one.name });
  return html`<${Search} typed=${typed} field=${field} placeholder=${say('part.find_help')} hint="Alt H"
      onMove=${(by) => (at.value = Math.max(0, Math.min(found.length - 1, chosen + by)))} onMore=${() => {}}
      onEnter=${() => {
        if (!found[chosen]?.free) return;
        back();
        ask(found[chosen]);
      }} />
    <div class="helpers">
      ${found.map(
        (one, place) => html`<button key=${one.kind + one.to} data-helper=${one.to} data-state=${one.state} data-chosen=${place === chosen}
          disabled=${!one.free || !store.transfers.canPress()} onClick=${() => ask(one)}>
          <${Icon} name=${one.state} /><b>${one.name}</b>${one.lead ? html`<i class="lead">${say('part.lead')[0]}</i>` : null}<span>${one.note}</span>
          <small>${one.kind === 'to_seat' ? say(`state.${one.state}`)[0] : say(one.kind === 'queue' ? 'part.queues' : 'part.flows')[0]}</small></button>`,
      )}
      ${found.length ? null : html`<p class="nothing"><${T} k="part.no_help" /></p>`}
    </div>`;
}

export function Partners({ store }) {
  const tab = useSignal('partners');
  const field = useRef(null);
  const writing = useRef(null); // what the agent was typing into before the search
  const search = (name) => () => {
    const now = document.activeElement;
    if (now?.closest?.('.form, .thread')) writing.current = now;
    tab.value = name;
    drawn(() => field.current?.focus());
  };
  const back = () => (writing.current?.isConnected ? writing.current : document.getElementById('f-content'))?.focus();
  useKeys([['Alt+P', say('keys.search'), search('partners')], ['Alt+H', say('part.help'), search('help')]], say('keys.transfer'));
  const turn = (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    tab.value = tab.value === 'help' ? 'partners' : 'help';
    drawn(() => document.querySelector('.partners [role=tab][aria-selected=true]')?.focus());
  };
  const one = (name, word, hint) => html`<button role="tab" tabindex=${tab.value === name ? 0 : -1} aria-selected=${tab.value === name}
    onClick=${() => (tab.value = name)}><${T} k=${word} />${hint ? html`<kbd>${hint}</kbd>` : null}</button>`;
  return html`<section class="card partners" aria-label=${say('part.title').join(' ')}>
    <div class="tabs" role="tablist" onKeyDown=${turn}>${one('partners', 'part.title')}${one('help', 'part.help', 'Alt H')}</div>
    ${tab.value === 'partners' ? html`<${PartnerKeys} store=${store} field=${field} back=${back} />` : html`<${Help} store=${store} field=${field} back=${back} />`}
  </section>`;
}

/** The number that the citizen must dial themselves, big enough to be read out without looking twice. */
export function Readout({ store }) {
  const partner = store.readout.value;
  const done = useRef(null);
  const close = () => (store.readout.value = null);
  useKeys([['Escape', say('read.close'), close, () => Boolean(store.readout.value)]], say('keys.transfer'));
  useLayoutEffect(() => {
    const before = document.activeElement;
    done.current?.focus();
    return () => partner && before?.focus?.();
  }, [partner?.number]);
  if (!partner) return null;
  return html`<div class="shade" onClick=${close}>
    <section class="card readout" role="dialog" aria-modal="true" aria-label=${say('read.title').join(' ')} onClick=${(event) => event.stopPropagation()}>
      <p><${T} k="read.title" /></p>
      <output>${[...partner.number].join(' ')}</output>
      <p class="name">${partner.name} <small lang="en">${partner.name_en}</small></p>
      <p class="note">${partner.readout ? html`<${T} pair=${[partner.readout, partner.readout_en]} />` : html`<${T} k="read.why" />`}</p>
      <button class="main" ref=${done} onClick=${close}><${T} k="read.close" /><kbd>Esc</kbd></button>
    </section>
  </div>`;
}

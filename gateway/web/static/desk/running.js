// The transfer that runs at this seat: to whom, how it stands in the gateway's own words, for how long, and exactly the acts
// that may be pressed now. When it has ended, its outcome stays for some seconds. It stands above the keys it came from.

import { html } from '../vendor/preact.js';
import { useKeys } from './keys.js';
import { Icon, Since } from './parts.js';
import { runs } from './transfers.js';
import { pairOf, say, T } from './words.js';

/** The same act is always under the same finger; + and - are one more and one less. The form has most letters. */
const ACT_KEYS = { complete: 'Alt+Q', merge: 'Alt+=', toggle: 'Alt+U', leave: 'Alt+E', drop_partner: 'Alt+-', cancel: 'Alt+C' };
const ICONS = { complete: 'arrow', merge: 'three_way', toggle: 'consulting', leave: 'out', drop_partner: 'hangup', cancel: 'close' };

const STEPS = {
  attended: ['calling', 'joining', 'released'],
  blind: ['calling', 'joining', 'released'],
  three_way: ['calling', 'joining', 'three_way', 'released'],
  consult: ['calling', 'consulting', 'three_way', 'released'],
  queue: ['joining', 'released'],
  ivr: ['joining', 'released'],
};

/** The partner, colleague, queue or flow that it goes to, by its name. */
function nameOf(store, transfer) {
  const partner = store.partners.value.find((one) => one.number === transfer.partner);
  if (partner) return [partner.name, partner.number];
  if (transfer.kind === 'queue') return [store.queues.value.get(transfer.to)?.name ?? transfer.to, ''];
  const seat = store.seats.value.get(transfer.to);
  return seat ? [seat.agent_name ?? seat.agent ?? seat.id, seat.id] : [transfer.to, ''];
}

function Steps({ transfer }) {
  const steps = STEPS[transfer.mode] ?? [];
  const at = steps.indexOf(transfer.phase);
  return html`<ol class="steps">
    ${steps.map((step, n) => html`<li key=${step} data-is=${n < at ? 'past' : n === at ? 'now' : 'next'} aria-current=${n === at ? 'step' : undefined}>${say(`phase.${step}`)[0]}</li>`)}
  </ol>`;
}

function Acts({ store, transfer }) {
  const under = store.transfers.acting.value;
  const off = Boolean(under) || store.link.value !== 'up';
  return html`<div class="runacts">
    ${transfer.acts.map(
      (act) => html`<button key=${act} data-act=${act} data-pressed=${under?.act === act && under.id === transfer.id} disabled=${off} title=${say(`act.${act}`)[1]} onClick=${() => store.transfers.act(transfer, act)}>
        <${Icon} name=${ICONS[act]} /><${T} k=${`act.${act}`} /><kbd>${ACT_KEYS[act].replace('+', ' ')}</kbd></button>`,
    )}
  </div>`;
}

/** Whether the ticket has gone to the partner; a partner that takes none has nothing to say. */
function Push({ push }) {
  if (!push) return null;
  const state = push.overdue ? 'overdue' : push.state;
  return html`<p class="push" data-push=${state}><${Icon} name="outbound" /><${T} k=${`push.${state}`} />${push.why && state === 'none' ? html`<span>${pairOf(push.why)[0]}</span>` : null}</p>`;
}

/** Numbers that did not answer before the one that is dialled now. */
function Tried({ tried }) {
  if (!tried?.length) return null;
  return html`<p class="tried">${tried.map((one) => html`<span key=${one.number}>${one.number} ${say(`out.${one.outcome}`)[0]}</span>`)}</p>`;
}

/** How it stands; a partner that answered and sends nothing is said with what to do about it. */
function Standing({ transfer }) {
  const loud = transfer.silent && transfer.acts.length && transfer.with_agent !== 'caller';
  return loud
    ? html`<p class="why" role="alert"><${Icon} name="failing" /> <${T} k="run.silent" /></p>`
    : html`<p class="why" role="status"><${T} pair=${pairOf(transfer.why)} /></p>`;
}

function Outcome({ store, transfer }) {
  const good = transfer.outcome === 'completed' || transfer.phase === 'released';
  const back = !good && store.call.value && !['caller_left', 'agent_left'].includes(transfer.outcome);
  return html`<p class="outcome" data-good=${good} role="status"><${Icon} name=${good ? 'free' : 'failing'} /><${T} k=${`out.${transfer.outcome ?? 'completed'}`} /></p>
    ${back ? html`<p class="why"><${T} k="out.with_you" /></p>` : null}`;
}

export function Running({ store }) {
  const transfer = store.transfers.running.value;
  useKeys(
    Object.entries(ACT_KEYS).map(([act, key]) => [
      key, say(`act.${act}`), () => store.transfers.act(store.transfers.running.value, act), () => store.transfers.running.value?.acts.includes(act) ?? false,
    ]),
    say('keys.transfer'),
  );
  if (!transfer) return null;
  const ended = !runs(transfer);
  const [name, number] = nameOf(store, transfer);
  return html`<section class="card running" data-runs=${!ended} data-silent=${!ended && Boolean(transfer.silent)} data-phase=${transfer.phase} data-outcome=${transfer.outcome ?? ''} aria-label=${say('run.title').join(' ')}>
    <header><span class="mode">${say(`mode.${transfer.mode}`)[0]}</span><b>${name}</b><span class="no">${number}</span>
      ${ended
        ? html`<button class="x" aria-label=${say('run.close').join(' ')} onClick=${() => store.transfers.forget(transfer.id)}><${Icon} name="close" /></button>`
        : html`<${Since} store=${store} since=${transfer.started_at} big />`}</header>
    ${ended
      ? html`<${Outcome} store=${store} transfer=${transfer} /><${Push} push=${transfer.push} />`
      : html`<${Steps} transfer=${transfer} /><${Standing} transfer=${transfer} />
          <${Tried} tried=${transfer.tried} /><${Push} push=${transfer.push} /><${Acts} store=${store} transfer=${transfer} />`}
  </section>`;
}

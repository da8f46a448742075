// Who is on duty now, who comes next, and what one shift tells the next.

import { english, named, words } from '../i18n.js';
import { toast, wordsOf } from '../lead/dialog.js';
import { html, useState } from '../vendor/preact.js';
import { Icon, timeAt, W } from './parts.js';

const PARTS = [['lead', 'lead'], ['standby', 'standby'], ['leaders', 'leader'], ['lawyers', 'lawyer'], ['on_duty', 'agent']]; // prettier-ignore

function People({ people, role }) {
  if (!people.length) return html`<div class="part" data-role=${role} data-none="true"><h3><span class="dot"></span><${W} k=${`role.${role}`} /></h3><span class="dim">—</span></div>`;
  return html`<div class="part" data-role=${role}><h3><span class="dot"></span><${W} k=${`role.${role}`} /> <output>${people.length}</output></h3>
    <ul>${people.map((one) => html`<li key=${one.id}><b>${one.name}</b> <span class="dim">${one.agent}${role === 'agent' ? '' : ` ${one.phone}`}</span></li>`)}</ul></div>`;
}

export function Now({ store }) {
  const now = store.now.value;
  if (!now) return html`<section class="panel now"></section>`;
  const { shift, next } = now;
  const zone = now.zone;
  const share = shift ? (now.at - shift.start) / (shift.end - shift.start) : 0;
  return html`<section class="panel now"><h2><${W} k="ros.now" /></h2>
    ${shift ? html`<p class="shift"><b>${named(shift)}</b> ${english ? '' : shift.name_en} <span class="dim">${timeAt(shift.start, zone)}–${timeAt(shift.end, zone)}</span></p><progress max="1" value=${share} aria-label=${shift.name}></progress>` : html`<p class="none"><${W} k="ros.none" /></p>`}
    ${PARTS.map(([name, role]) => html`<${People} key=${name} people=${now[name]} role=${role} />`)}
    ${next && html`<p class="next"><${W} k="ros.next" /> <b>${named(next.shift)}</b> ${timeAt(next.shift.start, zone)} · ${next.lead.map((one) => one.name).join(english ? ', ' : '、') || '—'} <span class="dim">${words('role.agent')[0]} ${next.agents} · ${words('role.standby')[0]} ${next.standby}</span></p>`}
  </section>`;
}

function Note({ note, store }) {
  const zone = store.time.zone;
  const at = new Date(note.at * 1000).toLocaleDateString('sv-SE', { timeZone: zone }).slice(5);
  const take = () => store.take(note).catch((failure) => toast(wordsOf(failure), 'bad'));
  return html`<li data-open=${note.read_at === null}><p class="from"><b>${note.author_name}</b> <span class="dim">${at} ${timeAt(note.at, zone)} ${note.shift ? store.called(note.shift) : ''}</span></p>
    <p class="text">${note.text}</p>
    ${note.read_at === null ? html`<button type="button" onClick=${take}><${Icon} name="check" /><span><${W} k="note.take" /></span></button>` : html`<p class="taken"><${W} k="note.taken" n=${note.read_by_name} /> <span class="dim">${timeAt(note.read_at, zone)}</span></p>`}</li>`;
}

export function Notes({ store }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const notes = store.notes.value ?? [];
  const open = notes.filter((one) => one.read_at === null).length;
  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await store.hand(text);
      setText((now) => (now === text ? '' : now)); // what was typed meanwhile stays
    } catch (failure) {
      toast(wordsOf(failure), 'bad');
    } finally {
      setBusy(false);
    }
  };
  return html`<section class="panel notes"><h2><${W} k="note.title" />${open > 0 && html` <span class="chip" data-level="2"><${W} k="note.open" n=${open} /></span>`}</h2>
    <form onSubmit=${send}><textarea id="note" aria-label=${words('note.title').join(' ')} maxlength="4000" placeholder=${words('note.write')[0]} value=${text} onInput=${(event) => setText(event.target.value)}></textarea>
      <button type="submit" class="main" disabled=${busy || !text.trim()}><${W} k="note.send" /></button></form>
    <ol>${notes.map((note) => html`<${Note} key=${note.id} note=${note} store=${store} />`)}</ol>
    ${!notes.length && html`<p class="none"><${W} k="note.none" /></p>`}</section>`;
}

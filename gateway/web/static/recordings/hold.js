// Keeping a recording beyond its time (保全), and lifting that: asked with a reason, kept with who and until when.

import { del, get, post } from '../api.js';
import { COLON, label, words } from '../i18n.js';
import { ask, choices, field, toast } from '../lead/dialog.js';
import { make } from '../lead/shell.js';
import { html } from '../vendor/preact.js';
import { dayAfter, dayStart } from './format.js';
import { Icon, W } from './search.js';

/** The holds in force on a call, and on its ticket. */
async function holdsOf(one) {
  const subjects = [one.call_id, one.ticket_no].filter(Boolean);
  const pages = await Promise.all(subjects.map((subject) => get(`/api/v1/recordings/holds?subject=${encodeURIComponent(subject)}`)));
  return pages.flatMap((page) => page.items).filter((hold) => hold.in_force);
}

async function set(one, store) {
  const scope = one.ticket_no ? [choices('hold.what', 'what', [['call', words('hold.call')], ['ticket', words('hold.ticket')]], 'call')] : [];
  const why = make('textarea', { name: 'why', required: true, minlength: 2, maxlength: 500 });
  const body = [...scope, field('hold.why', why), field('hold.until', make('input', { type: 'date', name: 'until' }))];
  const act = async (form) => {
    const until = form.get('until');
    const subject = form.get('what') === 'ticket' ? { ticket_no: one.ticket_no } : { call_id: one.call_id };
    await post('/api/v1/recordings/holds', { ...subject, why: form.get('why'), until: until ? dayStart(dayAfter(until), store.time.zone) : null });
  };
  if (await ask({ title: words('hold.title'), text: words('hold.text'), body, go: words('hold.set'), act })) {
    store.patch(one.call_id, { held: true });
    toast(words('hold.done'));
  }
}

async function lift(one, store) {
  const holds = await holdsOf(one);
  const lines = holds.map((hold) => make('p', {}, label([`${hold.by}${COLON}${hold.why}`, hold.kind === 'ticket' ? hold.subject : ''])));
  const act = async () => {
    for (const hold of holds) await del(`/api/v1/recordings/holds/${hold.id}`);
  };
  if (await ask({ title: words('hold.lift'), text: words('hold.lift.text'), body: lines, go: words('hold.lift'), act, danger: true })) {
    store.patch(one.call_id, { held: false });
    toast(words('hold.lifted'));
  }
}

export function Holding({ one, store }) {
  const key = one.held ? 'hold.lift' : 'hold.set';
  return html`<button type="button" id="hold" disabled=${one.state !== 'there'} onClick=${() => (one.held ? lift(one, store) : set(one, store))}><${Icon} name="key" /><span><${W} k=${key} /></span></button>`;
}

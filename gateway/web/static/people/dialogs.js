// What a cell and a name open: the duties of one person on one day, and how to reach somebody (masked until asked, audited).

import { post } from '../api.js';
import { COLON, inOrder, label, named, STOP, words } from '../i18n.js';
import { ask, field, toast } from '../lead/dialog.js';
import { make } from '../lead/shell.js';
import { ROLES } from './store.js';

const HOURS = 'hours';

const options = (pairs, chosen) => pairs.map(([value, text]) => make('option', { value, selected: value === chosen }, text));

/** One duty as controls; the row can be taken out. */
function line(store, duty) {
  const { shifts } = store.roster.value;
  const own = duty && !shifts.some((one) => one.id === duty.shift);
  const shift = make('select', { name: 'shift', 'aria-label': words('cell.shift').join(' ') },
    ...options([...shifts.map((one) => [one.id, `${named(one)} ${one.start}–${one.end}`]), [HOURS, words('cell.hours')[0]]], own ? HOURS : duty?.shift)); // prettier-ignore
  const hours = make('input', { name: 'hours', size: 12, placeholder: words('cell.hours.like')[0], 'aria-label': words('cell.hours').join(' '), value: own ? duty.shift : '', hidden: !own });
  const role = make('select', { name: 'role', 'aria-label': words('cell.role').join(' ') }, ...options(ROLES.map((one) => [one, words(`role.${one}`)[0]]), duty?.role ?? 'agent'));
  const note = make('input', { name: 'note', maxlength: 200, placeholder: words('cell.note')[0], 'aria-label': words('cell.note').join(' '), value: duty?.note ?? '' });
  const made = make('div', { class: 'duty' }, shift, hours, role, note);
  shift.addEventListener('change', () => (hours.hidden = shift.value !== HOURS));
  made.append(make('button', { type: 'button', class: 'quiet', onclick: () => made.remove() }, label(words('cell.remove'))));
  return made;
}

function rowsOf(place, person, day) {
  return [...place.querySelectorAll('.duty')].map((one) => {
    const of = (name) => one.querySelector(`[name=${name}]`).value.trim();
    return { date: day, shift: of('shift') === HOURS ? of('hours') : of('shift'), role: of('role'), name: person.name, agent: person.agent, note: of('note') };
  });
}

/** What the gateway says is wrong with the rows, as one sentence. */
function said(failure) {
  const errors = failure.more?.errors;
  if (errors) failure.message = errors.map((one) => inOrder([one.zh, one.en])[0]).join(STOP);
  return failure;
}

export async function changeCell(store, person, day, duties) {
  const place = make('div', { class: 'duties' }, ...duties.map((duty) => line(store, duty)));
  if (!duties.length) place.append(line(store, null));
  const more = make('button', { type: 'button', class: 'more', onclick: () => place.append(line(store, null)) }, label(words('cell.add')));
  const act = async () => {
    try {
      await store.change(day, person, rowsOf(place, person, day));
    } catch (failure) {
      throw said(failure);
    }
  };
  const title = [`${person.name} ${day}`, words('cell.title')[1]];
  if (await ask({ title, body: [place, more], go: words('cell.save'), act, wide: true })) toast(words('cell.saved'));
}

export async function showPerson(person) {
  const shown = {};
  const lines = ['phone', 'email', 'wechat'].map((name) => {
    shown[name] = make('output', { name }, person[name] || '—');
    return make('p', { class: 'contact' }, make('span', {}, label(words(`person.${name}`))), shown[name]);
  });
  const why = make('input', { name: 'why', required: true, minlength: 2, maxlength: 200 });
  const body = [...lines, field('person.why', why)];
  const title = [`${person.name} ${person.agent}`, words('person.title')[1]];
  const act = async (form) => {
    const full = await post(`/api/v1/people/${person.id}/reveal`, { reason: form.get('why') });
    toast([`${person.name}${COLON}${[full.phone, full.email, full.wechat].filter(Boolean).join('　') || '—'}`, ''], '');
  };
  await ask({ title, text: words('person.audited'), body, go: words('person.reveal'), act });
}

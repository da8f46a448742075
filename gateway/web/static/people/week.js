// The week: people down, days across, each duty a coloured piece; a row above says what each day lacks. A cell opens the
// day of a person to be changed.

import { COMMA, named, say, words } from '../i18n.js';
import { html } from '../vendor/preact.js';
import { changeCell, showPerson } from './dialogs.js';
import { W, weekday } from './parts.js';
import { clock, ROLES } from './store.js';

function Piece({ duty, store }) {
  const shift = store.shift(duty.shift);
  const clash = store.roster.value.clashes.some((one) => one.person === duty.person && one.day === duty.day);
  const hours = `${clock(duty.from_min)}–${clock(duty.to_min)}`;
  const name = shift ? named(shift) : hours;
  return html`<span class="piece" data-role=${duty.role} data-night=${duty.to_min > 1440} data-clash=${clash} title=${`${say(`role.${duty.role}`)} ${hours} ${duty.note}`}>
    <b>${name}</b>${shift ? null : html`<span class="sr">${words(`role.${duty.role}`)[0]}</span>`}${duty.note && html`<i aria-label=${duty.note}></i>`}</span>`;
}

function Cell({ row, day, store }) {
  const duties = row.own.get(day) ?? [];
  const what = duties.map((one) => `${say(`role.${one.role}`)} ${store.called(one.shift)}`).join(COMMA) || say('cell.none');
  return html`<td data-today=${day === store.today}><button type="button" class="cell" aria-label=${`${row.person.name} ${day} ${what}`} onClick=${() => changeCell(store, row.person, day, duties)}>
    ${duties.map((duty) => html`<${Piece} key=${duty.id} duty=${duty} store=${store} />`)}${!duties.length && html`<span class="off" aria-hidden="true">·</span>`}</button></td>`;
}

function Row({ row, store }) {
  const { person } = row;
  return html`<tr data-person=${person.id}><th scope="row"><button type="button" class="quiet who" onClick=${() => showPerson(person)}>
    <b>${person.name}</b> <span class="dim">${person.agent}</span></button></th>
    ${store.days.value.map((day) => html`<${Cell} key=${day} row=${row} day=${day} store=${store} />`)}</tr>`;
}

function Head({ day, store }) {
  const [zh, en] = weekday(day);
  return html`<th scope="col" data-today=${day === store.today}><span class="day"><b>${Number(day.slice(8))}</b> <span>${zh}${en ? html` <small lang="en">${en}</small>` : null}</span></span></th>`;
}

/** What a day lacks, in one cell: nothing planned at all, or who is missing in which shift. */
function Lacks({ day, store }) {
  const { gaps, duties } = store.roster.value;
  const own = gaps.filter((one) => one.day === day);
  const planned = duties.some((one) => one.day === day);
  if (!own.length) return html`<td data-today=${day === store.today}><span class="fine" aria-label=${say('ros.right')}>✓</span></td>`;
  if (!planned) return html`<td data-today=${day === store.today}><span class="chip off">${say('ros.unplanned')}</span></td>`;
  const name = (id) => store.called(id);
  return html`<td data-today=${day === store.today}>${own.map((one) => html`<span class="chip gap" key=${one.shift + one.role} data-level=${one.role === 'lead' ? 1 : 2}>${name(one.shift)} ${say(`role.${one.role}`)} ${one.there}/${one.needed}</span>`)}</td>`;
}

export function Week({ store }) {
  const roster = store.roster.value;
  if (!roster) return html`<section class="panel week">${store.failed.value && html`<p class="wrong" role="alert">${store.failed.value}</p>`}</section>`;
  const rows = store.rows.value;
  const groups = [...ROLES, ''].map((role) => [role, rows.filter((row) => row.role === role)]).filter(([, some]) => some.length);
  return html`<section class="panel week"><div class="rows" tabindex="0" aria-label=${words('ros.title').join(' ')}>
    <table class="sheet roster"><thead>
      <tr><th scope="col"><span><${W} k="ros.people" /> ${rows.length}</span></th>${store.days.value.map((day) => html`<${Head} key=${day} day=${day} store=${store} />`)}</tr>
      <tr class="lacks"><th scope="row"><span><${W} k="ros.gaps" /></span></th>${store.days.value.map((day) => html`<${Lacks} key=${day} day=${day} store=${store} />`)}</tr></thead>
      ${groups.map(([role, some]) => html`<tbody key=${role} data-role=${role}><tr class="group"><th colspan="8" scope="rowgroup"><span class="dot"></span>${role ? html`<${W} k=${`role.${role}`} />` : html`<${W} k="cell.none" />`} <span class="dim">${some.length}</span></th></tr>
        ${some.map((row) => html`<${Row} key=${row.person.id} row=${row} store=${store} />`)}</tbody>`)}
    </table>
    ${!roster.duties.length && html`<p class="none big"><${W} k="ros.empty" /></p>`}
  </div></section>`;
}

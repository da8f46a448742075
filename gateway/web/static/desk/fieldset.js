// The fields of the ticket form in the order of a talk: what kind, what is said, which category, where, who, how urgent.
// Each shows what the draft holds and gives changes back to it; nothing is decided here.

import { html, useLayoutEffect, useRef } from '../vendor/preact.js';
import { Choice, Field, goTo, Picker, Switch } from './fields.js';
import { titleOf } from './finding.js';
import { Key } from './keys.js';
import { say, W } from './words-form.js';

export const KINDS = ['咨询', '求助', '投诉', '举报', '建议', '表扬', '其他'];
export const URGENCIES = ['一般', '紧急', '特急'];
const SEXES = ['男', '女'];
const RISKS = ['1', '2', '3'];

/** Longest texts that the gateway takes. */
const MOST = { content: 4000, title: 60, address: 200, name: 40, contact_number: 20, against: 80 };

/** A line to type into. Enter goes on to the next field. */
function Line({ name, fields, set, hint, next, ...more }) {
  const key = (event) => {
    if (event.key !== 'Enter' || event.isComposing || event.ctrlKey) return;
    event.preventDefault();
    goTo(next);
  };
  return html`<input id=${`f-${name}`} name=${name} value=${fields[name] ?? ''} maxlength=${MOST[name]} placeholder=${hint} autocomplete="off"
    aria-describedby=${`fault-${name}`} onInput=${(event) => set({ [name]: event.currentTarget.value })} onKeyDown=${key} ...${more} />`;
}

export function Matter({ draft, set }) {
  const fields = draft.fields.value;
  const faults = draft.faults.value;
  const hint = say('f.content.hint');
  return html`
    <${Field} name="kind" word="f.kind" hot="Alt+L" fault=${faults.kind} wide="row">
      <${Choice} name="kind" values=${KINDS} prefix="kind" value=${fields.kind} onChoose=${(kind) => set({ kind })} done=${() => goTo('content')} />
    <//>
    <${Field} name="content" word="f.content" hot="F3" fault=${faults.content} wide="grow">
      <textarea id="f-content" name="content" maxlength=${MOST.content} placeholder=${`${hint[0]}  ${hint[1]}`} value=${fields.content ?? ''}
        aria-describedby="fault-content" onInput=${(event) => set({ content: event.currentTarget.value })}></textarea>
      <span class="count">${(fields.content ?? '').length} / ${MOST.content}</span>
    <//>
    <${Field} name="title" word="f.title" fault=${faults.title} wide="row">
      <${Line} name="title" fields=${fields} set=${set} next="category" hint=${titleOf(fields.content) || say('f.title.hint').join('  ')} />
    <//>`;
}

export function Category({ draft, set, desk, work }) {
  const take = (category) => {
    if (category) work.used(category);
    set({ category });
  };
  return html`<${Field} name="category" word="f.category" hot="F9" fault=${draft.faults.value.category} wide="row">
    <${Picker} name="category" entries=${desk?.categories ?? []} value=${draft.fields.value.category} recent=${work.recent()}
      onChoose=${take} hint=${say('f.category.hint').join('  ')} done=${() => goTo('address')} />
  <//>`;
}

export function Place({ draft, set, desk, openMap }) {
  const fields = draft.fields.value;
  const faults = draft.faults.value;
  const pinned = typeof fields.longitude === 'number';
  const fault = faults.address ?? faults.longitude ?? faults.latitude ?? faults.crs;
  return html`<div class="pair place">
    <${Field} name="address" word="f.address" hot="Alt+D" fault=${fault} wide="row">
      <${Line} name="address" fields=${fields} set=${set} next="area" hint=${say('f.address.hint').join('  ')} />
      <button type="button" class="pin" id="f-map" data-set=${pinned} onClick=${openMap} title=${say('go.map').join(' ')}>
        ${pinned ? `${fields.latitude.toFixed(4)}, ${fields.longitude.toFixed(4)}` : html`<${W} k="f.map" />`} <${Key} name="Alt+M" /></button>
    <//>
    <${Field} name="area" word="f.area" fault=${faults.area_code} wide="row short">
      <${Picker} name="area" entries=${desk?.areas ?? []} value=${fields.area_code} onChoose=${(code) => set({ area_code: code })}
        note=${(one) => one.code} done=${() => goTo('name')} />
    <//>
  </div>`;
}

export function Person({ draft, set }) {
  const fields = draft.fields.value;
  const faults = draft.faults.value;
  const caller = draft.pop.value?.caller ?? draft.seen?.caller;
  const same = caller ? `${say('f.contact.same')[0]} ${caller}` : '';
  return html`<div class="pair person">
    <${Field} name="name" word="f.name" hot="Alt+X" fault=${faults.name} wide="row">
      <${Line} name="name" fields=${fields} set=${set} next="sex" />
      <${Choice} name="sex" values=${SEXES} prefix="sex" value=${fields.sex} none="" onChoose=${(sex) => set({ sex })} done=${() => goTo('contact_number')} />
    <//>
    <${Field} name="contact_number" word="f.contact_number" hot="Alt+Y" fault=${faults.contact_number} wide="row">
      <${Line} name="contact_number" fields=${fields} set=${set} next="against" hint=${same} inputmode="tel" />
    <//>
  </div>`;
}

export function Care({ draft, set }) {
  const fields = draft.fields.value;
  const faults = draft.faults.value;
  const risk = fields.risk_level ? String(fields.risk_level) : '';
  return html`
    <div class="pair">
      <${Field} name="against" word="f.against" hot="Alt+O" fault=${faults.against} wide="row">
        <${Line} name="against" fields=${fields} set=${set} next="partner" />
      <//>
      <${Field} name="risk" word="f.risk" fault=${faults.risk_level} wide="row">
        <${Choice} name="risk" values=${RISKS} prefix="risk" value=${risk} none="" onChoose=${(level) => set({ risk_level: level ? Number(level) : null })} />
      <//>
    </div>
    <div class="switches">
      <${Field} name="urgency" word="f.urgency" hot="Alt+J" fault=${faults.urgency} wide="row">
        <${Choice} name="urgency" values=${URGENCIES} prefix="urgency" value=${fields.urgency || '一般'} onChoose=${(urgency) => set({ urgency })} />
      <//>
      <${Switch} name="secret" word="f.secret" hot="Alt+B" value=${fields.is_secret} onChange=${(on) => set({ is_secret: on })} />
      <${Switch} name="anonymous" word="f.anonymous" hot="Alt+I" value=${fields.is_anonymous} onChange=${(on) => set({ is_anonymous: on })} />
      <${Switch} name="callback" word="f.callback" hot="Alt+V" value=${fields.need_callback} onChange=${(on) => set({ need_callback: on })} />
    </div>`;
}

/** The templates of this hotline, to be put in where the cursor stands in the content; digits choose. */
export function Templates({ templates, onChoose, close }) {
  const box = useRef(null);
  useLayoutEffect(() => box.current?.focus(), []);
  const key = (event) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code ?? '');
    if (event.key === 'Escape') close();
    else if (digit && templates[digit[1] - 1]) onChoose(templates[digit[1] - 1]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="templates" role="menu" tabindex="-1" ref=${box} onKeyDown=${key} onBlur=${(event) => !event.currentTarget.contains(event.relatedTarget) && close()}>
    ${templates.map(
      (one, n) => html`<button key=${one.id} type="button" role="menuitem" onClick=${() => onChoose(one)}>
        <kbd>${n + 1}</kbd> <b>${one.name}</b> <span>${one.text}</span></button>`,
    )}
    ${!templates.length && html`<p>—</p>`}
  </div>`;
}

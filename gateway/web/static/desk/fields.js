// The parts of the ticket form: a field with its label, key and fault; a choice by digit; a switch; and the picker that
// finds an entry by code, word, pinyin or initials without the mouse.

import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js';
import { find, wayTo } from './finding.js';
import { Key } from './keys.js';
import { Icon } from './parts.js';
import { say, W } from './words-form.js';

/** Put the cursor into a field of the form. */
export function goTo(name) {
  const field = document.getElementById(`f-${name}`);
  field?.focus();
  field?.scrollIntoView?.({ block: 'nearest' });
}

/**
 * Do something as soon as what was just changed is drawn: drawings are microtasks, done in the order that they were asked for.
 * A frame later would be too late: what is typed until then goes nowhere.
 */
export const drawn = (act) => queueMicrotask(act);

/** A field with its label, the key that leads to it, and what is wrong with it. */
export function Field({ name, word, hot, fault, wide, children }) {
  return html`<div class=${`field ${wide ?? ''}`} data-field=${name} data-fault=${Boolean(fault)}>
    <label for=${`f-${name}`}><${W} k=${word} />${hot && html` <${Key} name=${hot} />`}</label>
    ${children}
    ${fault && html`<p class="fault" id=${`fault-${name}`} role="alert">${fault[0]} <small lang="en">${fault[1]}</small></p>`}
  </div>`;
}

/** One of a few, by arrow or digit. `values` are the fields' own; `prefix` finds their words. */
export function Choice({ name, values, prefix, value, onChoose, none, done }) {
  const choose = (one) => onChoose(none !== undefined && one === value ? none : one);
  const key = (event) => {
    const place = values.indexOf(value);
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code ?? '');
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.ctrlKey || event.altKey || event.isComposing) return;
    if (digit && values[digit[1] - 1] !== undefined) onChoose(values[digit[1] - 1]);
    else if (steps[event.key]) onChoose(values[(place + steps[event.key] + values.length) % values.length]);
    else if (event.key !== 'Enter') return;
    event.preventDefault();
    if (digit || event.key === 'Enter') done?.();
  };
  return html`<div class="choice" role="radiogroup" id=${`f-${name}`} tabindex="0" aria-label=${say(`f.${name}`)[0]}
    aria-activedescendant=${values.includes(value) ? `f-${name}-${values.indexOf(value)}` : undefined} onKeyDown=${key}>
    ${values.map(
      (one, n) => html`<button key=${one} id=${`f-${name}-${n}`} type="button" role="radio" tabindex="-1" aria-checked=${one === value} data-value=${one}
        onClick=${() => choose(one)}><kbd>${n + 1}</kbd><span><${W} k=${`${prefix}.${one}`} /></span></button>`,
    )}
  </div>`;
}

export function Switch({ name, word, hot, value, onChange }) {
  return html`<button type="button" class="switch" role="switch" id=${`f-${name}`} aria-checked=${Boolean(value)} onClick=${() => onChange(!value)}>
    <span class="box" aria-hidden="true">${value && html`<${Icon} name="ready" />`}</span><span><${W} k=${word} /></span>${hot && html`<${Key} name=${hot} />`}</button>`;
}

/** What is shown of a chosen entry while the cursor is elsewhere. */
const shownOf = (chosen, value) => (chosen ? chosen.name : (value ?? ''));

/**
 * Find one of `entries` ({code, name, path, pinyin, initials}) by typing. Arrows move, Enter takes, Escape leaves it as it
 * was; an empty field and Enter or Tab clears it. `done` is called when an entry was taken by key.
 */
export function Picker({ name, entries, value, onChoose, recent = [], hint, done, note }) {
  const [text, setText] = useState(null); // null: not searching
  const [place, setPlace] = useState(-1); // none until something is typed or an arrow pressed: Enter alone only goes on
  const list = useRef(null);
  const chosen = useMemo(() => entries.find((one) => one.code === value), [entries, value]);
  const open = text !== null;
  const found = useMemo(() => (open ? find(entries, text, recent) : []), [open, text, entries]);
  useEffect(() => list.current?.children[place]?.scrollIntoView({ block: 'nearest' }), [place, found]);
  const take = (one) => {
    onChoose(one?.code ?? '');
    setText(null);
  };
  const search = (event) => {
    setText(event.currentTarget.value);
    setPlace(event.currentTarget.value.trim() ? 0 : -1);
  };
  const leave = (event) => {
    if (open && event.currentTarget.value.trim() === '' && event.currentTarget.dataset.typed && value) onChoose('');
    delete event.currentTarget.dataset.typed;
    setText(null);
  };
  const key = (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!open) setText('');
      else if (event.key === 'ArrowDown') setPlace((place + 1) % Math.max(1, found.length));
      else setPlace((Math.max(place, 0) - 1 + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter') {
      if (open && found[place]) take(found[place]);
      if (!text?.trim() || found[place]) done?.(); // what is not found stays: it would be lost without a word
    } else if (event.key === 'Escape' && open) setText(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const boxed = {
    id: `f-${name}`, role: 'combobox', autocomplete: 'off', spellcheck: false, maxlength: 60,
    'aria-expanded': open, 'aria-controls': `list-${name}`, 'aria-autocomplete': 'list',
    'aria-activedescendant': open && found[place] ? `${name}-${place}` : undefined,
  };
  return html`<div class="picker">
    <input ...${boxed} placeholder=${hint} value=${open ? text : shownOf(chosen, value)} data-chosen=${value || ''}
      onFocus=${(event) => { setText(''); setPlace(-1); event.currentTarget.value = ''; }}
      onInput=${(event) => { event.currentTarget.dataset.typed = '1'; search(event); }} onKeyDown=${key} onBlur=${leave} />
    ${!open && chosen && html`<span class="way">${note ? note(chosen) : `${wayTo(chosen)} · ${chosen.code}`}</span>`}
    ${open && html`<ul class="options" id=${`list-${name}`} role="listbox" ref=${list}>
      ${found.map(
        (one, n) => html`<li key=${one.code} id=${`${name}-${n}`} role="option" aria-selected=${n === place} data-code=${one.code}
          onMouseDown=${(event) => { event.preventDefault(); take(one); document.activeElement?.blur?.(); }}>
          <b>${one.name}</b> <span>${wayTo(one) === one.name ? '' : wayTo(one)}</span> <code>${one.code}</code>
          ${!text && recent.includes(one.code) ? html`<i>最近 <small lang="en">recent</small></i>` : ''}</li>`,
      )}
      ${!found.length && html`<li class="none" role="option" aria-disabled="true">无此项 <small lang="en">nothing fits</small></li>`}
    </ul>`}
  </div>`;
}

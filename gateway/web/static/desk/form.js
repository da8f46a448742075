// The ticket form: tabs of drafts, the clock of the ten minutes, the fields, and filing. Typed during speech, so every step
// has a key and nothing that is typed waits for anything.

import { html, useLayoutEffect, useSignal } from '../vendor/preact.js';
import { check, faultField, FIELDS, filedFields, PLACE } from './checks.js';
import { Deadline, Filed, Notices, Saved, Tabs } from './formparts.js';
import { Care, Category, Matter, Person, Place, Templates, URGENCIES } from './fieldset.js';
import { drawn, Field, goTo, Picker } from './fields.js';
import { Key, useKeys } from './keys.js';
import { MapPin } from './map.js';
import { Similar } from './similar.js';
import { say, W } from './words-form.js';
import { workOf } from './work.js';

/** Partners as the picker takes them. */
const partnersOf = (store) => store.partners.value.map((one) => ({ ...one, code: one.number }));

export function Form({ store }) {
  const work = workOf(store);
  return work ? html`<${Paper} store=${store} work=${work} />` : null;
}

function Paper({ store, work }) {
  const draft = work.active.value;
  const map = useSignal(false);
  const templates = useSignal(false);
  const desk = store.desk.value;
  const set = (changes) => work.active.value && work.drafts.change(work.active.value, changes);
  useFormKeys({ store, work, set, map, templates });
  const off = work.drafts.passive.value;
  return html`<section class="form" aria-label=${say('form.title')[0]} data-off=${off}>
    <${Tabs} work=${work} />
    ${draft && html`<${Deadline} store=${store} draft=${draft} minutes=${(desk?.rules?.send_on_s ?? 600) / 60} />`}
    <${Notices} work=${work} draft=${draft} />
    ${!draft && html`<p class="empty"><${W} k="form.nothing" /> <${Key} name="Alt+W" /></p>`}
    ${draft && html`<fieldset key=${draft.key} disabled=${off || draft.filing.value === 'filing'}>
      <${Matter} draft=${draft} set=${set} />
      <${Similar} store=${store} work=${work} draft=${draft} set=${set} />
      <${Category} draft=${draft} set=${set} desk=${desk} work=${work} />
      <${Place} draft=${draft} set=${set} desk=${desk} openMap=${() => (map.value = true)} />
      <${Person} draft=${draft} set=${set} />
      <${Care} draft=${draft} set=${set} />
    </fieldset>
    <${Foot} store=${store} work=${work} draft=${draft} set=${set} templates=${templates} />`}
    <${Filed} store=${store} work=${work} />
    ${map.value && draft && html`<${MapPin} desk=${desk} fields=${draft.fields.value} set=${set} close=${() => { map.value = false; goTo('map'); }} />`}
  </section>`;
}

function Foot({ store, work, draft, set, templates }) {
  const found = store.desk.value?.templates ?? [];
  const put = (template) => {
    templates.value = false;
    insert(draft, set, template.text);
  };
  return html`<footer class="form-foot">
    ${templates.value && html`<${Templates} templates=${found} onChoose=${put} close=${() => (templates.value = false)} />`}
    <${Saved} draft=${draft} />
    <button type="button" onClick=${() => (templates.value = !templates.value)}><${W} k="act.template" /> <${Key} name="Alt+T" /></button>
    <${Field} name="partner" word="f.partner" hot="Alt+Z" fault=${draft.faults.value.send_to} wide="row">
      <${Picker} name="partner" entries=${partnersOf(store)} value=${work.partner.value} hint=${say('f.partner.hint')[0]}
        onChoose=${(number) => (work.partner.value = number)} note=${(one) => one.number} />
    <//>
    <button type="button" class="file" disabled=${draft.filing.value === 'filing'} onClick=${() => file(store, work, false)}><${W} k="act.file" /> <${Key} name="Ctrl+Enter" /></button>
    <button type="button" class="main send" disabled=${draft.filing.value === 'filing'} onClick=${() => file(store, work, true)}><${W} k="act.send" /> <${Key} name="Ctrl+Shift+Enter" /></button>
  </footer>`;
}

/** Put a text where the cursor of the content stands; the cursor goes to its first blank (【】), else behind it. */
function insert(draft, set, text) {
  const box = document.getElementById('f-content');
  const { selectionStart: from, selectionEnd: to } = box;
  const content = draft.fields.value.content ?? '';
  set({ content: content.slice(0, from) + text + content.slice(to) });
  const blank = /【[^】]*】/.exec(text);
  const [start, end] = blank ? [blank.index, blank.index + blank[0].length] : [text.length, text.length];
  drawn(() => {
    box.focus();
    box.setSelectionRange(from + start, from + end);
  });
}

/** File the active form, and send it on when `send`; a fault is shown at its field and the cursor goes there. */
async function file(store, work, send) {
  const draft = work.active.value;
  if (!draft || draft.filing.value === 'filing' || work.drafts.passive.value) return;
  const faults = check(draft.fields.value);
  if (send && !work.partner.value) faults.send_to = say('fault.partner');
  if (Object.keys(faults).length) return showFaults(draft, faults);
  if (draft.wentTo.value && !draft.sure.value) return (draft.sure.value = true); // it is another's: asked once
  draft.filing.value = 'filing';
  try {
    await work.file(draft, filedFields(draft.fields.value), send ? work.partner.value : '');
    draft.filing.value = '';
    drawn(() => goTo('content'));
  } catch (failure) {
    draft.filing.value = 'failed';
    refused(store, draft, failure);
  }
  return undefined;
}

function showFaults(draft, faults) {
  draft.faults.value = faults;
  const [first] = Object.keys(faults);
  drawn(() => goTo(PLACE[first] ?? first));
}

function refused(store, draft, failure) {
  const field = faultField(failure.field);
  const [zh, ...en] = failure.message.split(' / ');
  if (failure.status && FIELDS.has(field)) return showFaults(draft, { [field]: [zh, en.join(' / ')] });
  store.toast('bad', say('fault.send'));
  return store.fail(failure);
}

function useFormKeys({ store, work, set, map, templates }) {
  const at = () => Boolean(work.active.value) && !work.drafts.passive.value;
  const flip = (name) => () => set({ [name]: !work.active.value.fields.value[name] });
  const urgency = () => {
    const now = work.active.value.fields.value.urgency || '一般';
    set({ urgency: URGENCIES[(URGENCIES.indexOf(now) + 1) % URGENCIES.length] });
  };
  const go = (key, word, field) => [key, say(word), () => goTo(field), at];
  useKeys(
    [
      go('Alt+L', 'go.kind', 'kind'), go('F3', 'go.content', 'content'), go('F9', 'go.category', 'category'),
      go('Alt+D', 'go.place', 'address'), ['Alt+M', say('go.map'), () => (map.value = !map.value), at],
      go('Alt+X', 'go.person', 'name'), go('Alt+Y', 'go.contact', 'contact_number'), go('Alt+O', 'go.against', 'against'),
      ['Alt+J', say('go.urgency'), urgency, at], ['Alt+B', say('f.secret'), flip('is_secret'), at],
      ['Alt+I', say('f.anonymous'), flip('is_anonymous'), at], ['Alt+V', say('f.callback'), flip('need_callback'), at],
      ['Alt+T', say('act.template'), () => (templates.value = !templates.value), at],
      go('Alt+Z', 'go.partner', 'partner'),
      ['Ctrl+Enter', say('act.file'), () => file(store, work, false), at],
      ['Ctrl+Shift+Enter', say('act.send'), () => file(store, work, true), at],
      ['Alt+W', say('form.newTab'), () => { work.blank(); drawn(() => goTo('content')); }],
      ['Alt+PageDown', say('form.next'), () => work.step(1)], ['Alt+PageUp', say('form.previous'), () => work.step(-1)],
    ],
    say('keys.form'),
  ); // prettier-ignore
  // with the drawing: after it, a menu that was opened meanwhile would be closed again
  useLayoutEffect(() => {
    templates.value = false;
  }, [work.active.value?.key]);
}

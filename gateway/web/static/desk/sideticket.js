// One ticket looked at beside the form: what it says, where it stands, what was written. Escape closes it.

import { html, useLayoutEffect, useRef } from '../vendor/preact.js';
import { whenText } from './finding.js';
import { Key, useKeys } from './keys.js';
import { say, W } from './words-form.js';

const FACTS = [
  ['f.kind', 'kind'], ['f.category', 'category'], ['f.urgency', 'urgency'], ['f.address', 'address'], ['f.name', 'name'],
  ['f.contact_number', 'contact_number'], ['f.against', 'against'],
]; // prettier-ignore

export function SideTicket({ work }) {
  const { no, view, fault } = work.side.value;
  const closer = useRef(null);
  const before = useRef(document.activeElement);
  const close = () => {
    work.side.value = null;
    before.current?.focus?.();
  };
  useKeys([['Escape', say('act.close'), close]], say('keys.pop'));
  useLayoutEffect(() => closer.current?.focus(), []);
  return html`<aside class="side-ticket" aria-label=${say('side.title')[0]}>
    <header><h2>${no}</h2><button ref=${closer} onClick=${close}><${W} k="act.close" /> <${Key} name="Escape" /></button></header>
    ${fault && html`<p class="notice bad" role="alert">${fault}</p>`}
    ${view && html`<${Told} view=${view} />`}
  </aside>`;
}

function Told({ view }) {
  const said = [
    ...(view.messages ?? []).map((one) => ({ at: one.occurred_at, who: one.channel, text: one.text })),
    ...(view.replies ?? []).map((one) => ({ at: one.at, who: one.author, text: one.text })),
  ].sort((a, b) => a.at - b.at);
  return html`<div class="told">
    <h3><span class="stand" data-state=${view.state}><${W} k=${`ticket.${view.state}`} /></span> ${view.title}</h3>
    <p class="content">${view.content}</p>
    <dl>${FACTS.filter(([, name]) => view[name]).map(([word, name]) => html`<div key=${name}><dt><${W} k=${word} /></dt><dd>${view[name]}</dd></div>`)}
      <div><dt><${W} k="f.received" /></dt><dd>${whenText(view.received_at)} ${view.department ?? ''}</dd></div></dl>
    ${view.result && html`<p class="result">${view.result}</p>`}
    ${said.length > 0 && html`<h4><${W} k="side.messages" /></h4>
      <ul>${said.map((one, n) => html`<li key=${n}><small>${whenText(one.at)} ${one.who}</small><p>${one.text}</p></li>`)}</ul>`}
  </div>`;
}

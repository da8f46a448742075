// A file is chosen, judged by the gateway without a change, shown as what it would do or as all of its faults, and only then
// taken. The mark of the dry run makes sure that nobody else changed the days meanwhile.

import { get, Problem } from '../api.js';
import { COLON, COMMA, english, inOrder, say, words } from '../i18n.js';
import { toast } from '../lead/dialog.js';
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact.js';
import { Icon, W, weekday } from './parts.js';
import { monday, plus } from './store.js';

const SHOWN = 60;

/** Send a file as it is; api.js speaks JSON alone. */
async function send(file, query) {
  const { csrf } = await get('/api/v1/me');
  const response = await fetch(`/api/v1/roster/import?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/octet-stream', 'X-CSRF-Token': csrf },
    body: file,
    signal: AbortSignal.timeout(40_000),
  });
  const data = await response.json().catch(() => null);
  if (response.status === 422 && data?.errors) return { faults: data };
  if (!response.ok) throw new Problem(response.status, data?.detail ?? response.statusText, data?.field, data ?? {});
  return { change: data };
}

function Faults({ faults }) {
  return html`<p class="wrong" role="alert"><${W} k="imp.errors" n=${faults.count} /></p>
    <div class="list" tabindex="0" aria-label=${words('imp.what').join(' ')}><table class="sheet faults"><thead><tr><th class="n"><span><${W} k="imp.row" /></span></th><th class="n"><span><${W} k="imp.column" /></span></th><th><span><${W} k="imp.what" /></span></th></tr></thead>
    <tbody>${faults.errors.map((one, n) => html`<tr key=${n}><td class="n">${one.row || '—'}</td><td class="n">${one.column ? String.fromCharCode(64 + one.column) : '—'}</td><td>${inOrder([one.zh, one.en])[0]}${english ? null : html` <small lang="en">${one.en}</small>`}</td></tr>`)}</tbody></table></div>`;
}

function Line({ one, sign, store }) {
  return html`<li data-sign=${sign}><i>${sign}</i> ${one.day} <span class="dim">${weekday(one.day)[0]}</span> <b>${one.name}</b> <span class="dim">${one.agent}</span> ${say(`role.${one.role}`)} ${store.called(one.shift)}</li>`;
}

function Change({ change, store }) {
  const counts = [['added', change.added_count], ['removed', change.removed_count], ['kept', change.kept_count], ['new', change.people_new.length], ['changed', change.people_changed.length]]; // prettier-ignore
  const lines = [...change.removed.map((one) => [one, '−']), ...change.added.map((one) => [one, '+'])].slice(0, SHOWN);
  const more = change.added_count + change.removed_count - lines.length;
  if (!change.added_count && !change.removed_count && !change.people_new.length && !change.people_changed.length) return html`<p class="none big"><${W} k="imp.nothing" /></p>`;
  return html`<p class="counts"><span><b>${change.days[0]}</b> – <b>${change.days.at(-1)}</b></span>${counts.filter(([, n]) => n).map(([k, n]) => html`<span class="chip" key=${k} data-kind=${k}><${W} k=${`imp.${k}`} n=${n} /></span>`)}</p>
    ${change.clashes.length > 0 && html`<p class="warn"><${Icon} name="warn" /><span><${W} k="ros.clashes" />${COLON}${change.clashes.slice(0, 5).map((one) => `${one.name} ${one.day}`).join(COMMA)}</span></p>`}
    <div class="list" tabindex="0" aria-label=${words('imp.title').join(' ')}><ul>${lines.map(([one, sign], n) => html`<${Line} key=${n} one=${one} sign=${sign} store=${store} />`)}</ul>
      ${more > 0 && html`<p class="dim"><${W} k="imp.more" n=${more} /></p>`}</div>`;
}

function useImport(store, close) {
  const [state, setState] = useState({ file: null, busy: false, change: null, faults: null, failed: '' });
  const asked = useRef(0);
  const run = async (file, query, then) => {
    asked.current += 1;
    const turn = asked.current;
    setState({ file, busy: true, change: null, faults: null, failed: '' });
    try {
      const found = await send(file, query);
      if (turn !== asked.current) return; // another file was chosen meanwhile
      setState({ file, busy: false, change: found.change ?? null, faults: found.faults ?? null, failed: '' });
      if (found.change) await then?.(found.change);
    } catch (failure) {
      if (turn === asked.current) setState({ file, busy: false, change: null, faults: null, failed: failure instanceof Problem ? failure.message : words('shell.net')[0] });
    }
  };
  const taken = async (change) => {
    close();
    toast(words('imp.done'));
    await store.show(monday(change.days.includes(store.today) ? store.today : change.days[0]));
    await store.readNow();
  };
  return { state, look: (file) => run(file, { dry_run: true }), take: () => run(state.file, { expect: state.change.expect }, taken) };
}

export function Import({ store, close }) {
  const box = useRef(null);
  const { state, look, take } = useImport(store, close);
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const dropped = (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) look(event.dataTransfer.files[0]);
  };
  const ready = state.change && (state.change.added_count || state.change.removed_count || state.change.people_new.length || state.change.people_changed.length);
  return html`<dialog class="ask import" ref=${box} onClose=${close} aria-labelledby="import-title" data-wide onDragOver=${(event) => event.preventDefault()} onDrop=${dropped}>
    <form method="dialog" onSubmit=${(event) => { event.preventDefault(); take(); }}>
      <h2 id="import-title"><${W} k="imp.title" /></h2><p>${words('imp.text')[0]} <small lang="en">${words('imp.text')[1]}</small></p>
      <label class="drop" data-busy=${state.busy}><input type="file" id="file" accept=".csv,.xlsx,text/csv" aria-label=${words('imp.file').join(' ')} onChange=${(event) => event.target.files[0] && look(event.target.files[0])} />
        <${Icon} name="up" /><span>${state.busy ? html`<${W} k="imp.reading" />` : state.file ? html`<b>${state.file.name}</b>` : html`<${W} k="imp.file" />`}</span></label>
      ${state.failed && html`<p class="wrong" role="alert">${state.failed}</p>`}
      ${state.faults && html`<${Faults} faults=${state.faults} />`}
      ${state.change && html`<${Change} change=${state.change} store=${store} />`}
      <div class="acts"><a class="button" href=${`/api/v1/roster/export?from=${store.first.value}&to=${plus(store.first.value, 6)}&format=xlsx`} download><${W} k="imp.example" /></a><span class="space"></span>
        <button type="button" onClick=${close}><${W} k="imp.cancel" /></button><button type="submit" class="main" disabled=${!ready || state.busy}><${W} k="imp.go" /></button></div>
    </form></dialog>`;
}

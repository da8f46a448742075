// The desk: starts the store and lays the parts out. The parts of other files are loaded beside it, and one that fails leaves
// a place that says so: an agent in a call must not lose the call's keys because the inbox has a fault.

import { Problem, toLogin } from '../api.js';
import { Component, html, render, signal, useSignal } from '../vendor/preact.js';
import { Banner, Bar } from './bar.js';
import { Call } from './call.js';
import { Key, Keys, overviewShown, useKeys } from './keys.js';
import { Notices } from './messages.js';
import { Partners, Readout } from './partners.js';
import { Icon } from './parts.js';
import { Running } from './running.js';
import { SignIn } from './signin.js';
import { Store } from './store.js';
import { say, T } from './words.js';

const PARTS = { Pop: './pop.js', Form: './form.js', Inbox: './inbox.js', Day: './day.js' };

/** The parts as they come: undefined while one loads, null when it did not. */
const parts = Object.fromEntries(Object.keys(PARTS).map((name) => [name, signal(undefined)]));

function load() {
  for (const [name, path] of Object.entries(PARTS)) {
    import(path).then(
      (module) => (parts[name].value = module[name]),
      (failure) => {
        console.error(`desk: ${name} is not there`, failure);
        parts[name].value = null;
      },
    );
  }
}

/** Keeps a part's fault to the part. */
class Fence extends Component {
  componentDidCatch(failure) {
    console.error('desk: a part failed', failure);
    this.setState({ failed: true });
  }

  render() {
    if (!this.state.failed) return this.props.children;
    return html`<section class="card broken" role="alert"><${Icon} name="offline" /><${T} k="desk.broken" />
      <button onClick=${() => this.setState({ failed: false })}><${T} k="desk.reload" /></button></section>`;
  }
}

function Part({ name, store }) {
  const Found = parts[name].value;
  if (!Found) return html`<section class="card placeholder" data-part=${name}><${T} k=${Found === null ? 'desk.soon' : 'desk.loading'} /></section>`;
  return html`<${Fence}><${Found} store=${store} /></${Fence}>`;
}

function Toast({ store, toast }) {
  const close = () => store.dismiss(toast.id);
  const take = () => {
    close();
    toast.offer.run();
  };
  return html`<div class="toast" data-kind=${toast.kind} role=${toast.kind === 'bad' ? 'alert' : 'status'}>
    <${Icon} name=${toast.kind === 'good' ? 'free' : 'failing'} /><${T} pair=${[toast.zh, toast.en]} />
    ${toast.offer ? html`<button class="main" onClick=${take}><${T} pair=${toast.offer.words} /></button>` : null}
    <button onClick=${close}><${T} k="toast.close" /></button>
  </div>`;
}

function Toasts({ store }) {
  const list = () => store.toasts.value;
  useKeys([['Escape', say('toast.close'), () => store.dismiss(list().at(-1).id), () => list().length > 0]], say('keys.seat'));
  return html`<div class="toasts">
    <${Fence}><${Notices} store=${store} /></${Fence}>
    ${store.toasts.value.map((one) => html`<${Toast} key=${one.id} store=${store} toast=${one} />`)}
  </div>`;
}

const FOOT = [['F1', 'keys.all'], ['F2', 'call.answer'], ['F4', 'call.hold'], ['F6', 'call.mute'], ['F8', 'call.hangup'], ['Alt+R', 'bar.ready'],
  ['Alt+N', 'bar.not_ready'], ['Alt+P', 'keys.search'], ['Alt+H', 'part.help']]; // prettier-ignore

function Foot({ store, again }) {
  return html`<footer class="foot">
    ${FOOT.map(([key, word]) => html`<span key=${key}><${Key} name=${key} />${say(word)[0]}</span>`)}
    ${!store.seat.value ? html`<button class="again" onClick=${again}><${T} k="in.again" /></button>` : null}
  </footer>`;
}

function Desk({ store }) {
  const later = useSignal(false);
  const seat = store.seat.value;
  if (seat && later.value) later.value = false;
  const known = store.link.value !== 'wait'; // before the first snapshot nobody knows whether we sit somewhere
  const signing = known && !seat && !later.value;
  return html`<div class="frame" data-link=${store.link.value} data-call=${store.call.value?.state ?? 'none'}>
    <${Bar} store=${store} />
    <${Banner} store=${store} />
    <main class="columns" inert=${signing || Boolean(store.readout.value) || overviewShown.value}>
      <div class="left"><${Fence}><${Call} store=${store} /></${Fence}><${Part} name="Pop" store=${store} /></div>
      <div class="center"><${Part} name="Form" store=${store} /></div>
      <div class="right"><${Fence}><${Running} store=${store} /><${Partners} store=${store} /></${Fence}>
        <${Part} name="Inbox" store=${store} /><${Part} name="Day" store=${store} /></div>
    </main>
    <${Foot} store=${store} again=${() => (later.value = false)} />
    ${signing ? html`<${SignIn} store=${store} later=${() => (later.value = true)} />` : null}
    <${Readout} store=${store} />
    <${Keys} />
    <${Toasts} store=${store} />
  </div>`;
}

function begin() {
  const store = new Store();
  render(html`<${Desk} store=${store} />`, document.body);
  load();
  store.start().catch((failure) => {
    if (failure instanceof Problem && failure.status === 401) toLogin();
    else store.fail(failure);
  });
}

begin();

// The live stream's client: a snapshot, then diffs whose n rises by one. A gap or another epoch asks for a new snapshot,
// a lost socket is opened again with growing, jittered delays, and a silent one is asked for a sign of life.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15000;
const QUIET_MS = 20000;
const ANSWER_MS = 8000;

export class Live {
  /** `on.snapshot(message)`, `on.diff(message)`, `on.open(boolean)`, `on.refused()` when a socket could not be opened. */
  constructor(url, on) {
    Object.assign(this, { url, on, epoch: null, n: 0, synced: false, delay: FIRST_DELAY_MS });
  }

  start() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
      this.synced = false;
      this.watch();
    });
    socket.addEventListener('message', (event) => {
      if (this.socket === socket) this.receive(JSON.parse(event.data)); // one given up may still speak
    });
    socket.addEventListener('close', () => {
      if (this.socket === socket) this.lost(opened);
    });
  }

  receive(message) {
    this.watch();
    if (message.type === 'snapshot') return this.take(message);
    if (message.type !== 'diff' || !this.synced) return undefined;
    if (message.epoch === this.epoch && message.n <= this.n) return undefined;
    if (message.epoch !== this.epoch || message.n !== this.n + 1) return this.ask();
    this.n = message.n;
    return this.on.diff(message);
  }

  take(message) {
    const first = !this.synced;
    Object.assign(this, { epoch: message.epoch, n: message.n, synced: true, delay: FIRST_DELAY_MS });
    this.on.snapshot(message);
    if (first) this.on.open(true);
  }

  /** Ask for a snapshot; diffs until it comes belong to a state that we do not have. */
  ask() {
    this.synced = false;
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send('{"type":"snapshot"}');
  }

  /** A live hall is rarely silent. After a while of silence ask; without an answer the socket is dead, whatever it says. */
  watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.ask();
      this.timer = setTimeout(() => this.abandon(), ANSWER_MS);
    }, QUIET_MS);
  }

  abandon() {
    const dead = this.socket;
    this.lost(true);
    dead.close();
  }

  lost(opened) {
    clearTimeout(this.timer);
    this.socket = null;
    this.synced = false;
    this.on.open(false);
    if (!opened) this.on.refused();
    const wait = this.delay * (0.5 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    setTimeout(() => this.start(), wait);
  }
}

// What an agent typed and the gateway does not have yet, kept on this machine so that a crash loses nothing, and sealed so
// that nobody else at this computer can read it, neither on the page nor in the browser's files: it is citizens' data. The
// key is the account's, comes with the log-in and lives in this page only; who is logged out has words that only the same
// account can open again. Browsers seal on HTTPS (and on this very machine) only: on plain HTTP words are kept for this tab
// alone, and go with it.

const NONCE_BYTES = 12;

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
const textOf = (bytes) => btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(''));

export class Vault {
  /** `key` is base64 of 32 bytes, or empty: then nothing is sealed and all goes with the tab. */
  constructor(key, { sealed = localStorage, tab = sessionStorage, subtle = globalThis.crypto?.subtle } = {}) {
    this.subtle = key ? subtle : undefined;
    this.storage = this.subtle ? sealed : tab;
    this.key = this.subtle?.importKey('raw', bytesOf(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
    /** How often each name was written: of two that are sealed at once the later one stands. */
    this.turns = new Map();
  }

  turn(name) {
    const turn = (this.turns.get(name) ?? 0) + 1;
    this.turns.set(name, turn);
    return turn;
  }

  /** Names of what is kept that begin with `head`, without it. */
  names(head) {
    return Object.keys(this.storage).filter((name) => name.startsWith(head)).map((name) => name.slice(head.length));
  }

  /** Keep `value` (JSON data) under `name`. Rejects when the machine has no room for it. */
  async put(name, value) {
    const turn = this.turn(name);
    const text = await this.close(JSON.stringify(value));
    if (this.turns.get(name) === turn) this.storage.setItem(name, text);
  }

  /** What is kept under `name`; null for nothing, and for what this account cannot open (which is then thrown away). */
  async take(name) {
    const text = this.storage.getItem(name);
    if (text === null) return null;
    try {
      return JSON.parse(await this.open(text));
    } catch {
      this.remove(name);
      return null;
    }
  }

  remove(name) {
    this.turn(name);
    this.storage.removeItem(name);
  }

  async close(text) {
    if (!this.subtle) return text;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await this.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, await this.key, new TextEncoder().encode(text));
    return `${textOf(nonce)}.${textOf(new Uint8Array(sealed))}`;
  }

  async open(text) {
    if (!this.subtle) return text;
    const [iv, sealed] = text.split('.').map(bytesOf);
    return new TextDecoder().decode(await this.subtle.decrypt({ name: 'AES-GCM', iv }, await this.key, sealed));
  }
}

// Microphones, earphones and the ring: which of them the agent has chosen (kept in this browser), how loud the microphone
// is, and a ringing tone made by the browser itself (China's: 450 Hz, 1 s in 5).

const KEPT = 'desk.audio';
const LEVEL_EVERY_MS = 80;
const RING_HZ = 450;
const RING_S = 1;
const RING_EVERY_MS = 5000;
const RING_VOLUME = 0.25;
/** Speech at a usual distance has a root mean square near this: a meter filled to here is a good microphone. */
const LOUD = 0.15;

/** An error whose words, Chinese and English, are for the agent. */
export class AudioTrouble extends Error {
  constructor(zh, en, cause) {
    super(`${zh} / ${en}`, { cause });
    this.words = [zh, en];
  }
}

/** {input, output, ringer}: ids of devices, '' for the system's own choice. */
export function chosen() {
  const kept = localStorage.getItem(KEPT);
  try {
    return { input: '', output: '', ringer: '', ...JSON.parse(kept ?? '{}') };
  } catch {
    return { input: '', output: '', ringer: '' };
  }
}

export function choose(some) {
  const now = { ...chosen(), ...some };
  localStorage.setItem(KEPT, JSON.stringify(now));
  return now;
}

function media() {
  if (!navigator.mediaDevices) {
    // a browser gives microphones to pages over HTTPS (or on this very machine) only
    throw new AudioTrouble('浏览器只在 HTTPS 页面上开放麦克风', 'browsers give the microphone to HTTPS pages only');
  }
  return navigator.mediaDevices;
}

/** {inputs, outputs}, each a list of {deviceId, label}, the chosen ones first. Labels need a microphone opened before. */
export async function devices() {
  const now = chosen();
  const all = await media().enumerateDevices();
  const of = (kind, first) =>
    all
      .filter((one) => one.kind === kind && one.deviceId)
      .map(({ deviceId, label }) => ({ deviceId, label: label || deviceId.slice(0, 6) }))
      .sort((a, b) => (b.deviceId === first) - (a.deviceId === first));
  return { inputs: of('audioinput', now.input), outputs: of('audiooutput', now.output) };
}

const TROUBLES = {
  NotAllowedError: ['浏览器不允许使用麦克风', 'the browser does not allow the microphone'],
  NotFoundError: ['没有找到麦克风', 'no microphone is there'],
  NotReadableError: ['麦克风被其他程序占用', 'another program has the microphone'],
};

/** A stream of the chosen microphone; of any, when the chosen one is not plugged in. Rejects with AudioTrouble. */
export async function openMicrophone() {
  const { input } = chosen();
  const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const open = (id) => media().getUserMedia({ audio: id ? { ...sound, deviceId: { exact: id } } : sound, video: false });
  try {
    try {
      return await open(input);
    } catch (failure) {
      if (!input || failure.name === 'NotAllowedError') throw failure;
      return await open('');
    }
  } catch (failure) {
    if (failure.words) throw failure;
    const [zh, en] = TROUBLES[failure.name] ?? ['打不开麦克风', 'the microphone cannot be opened'];
    throw new AudioTrouble(zh, en, failure);
  }
}

export const closeStream = (stream) => stream?.getTracks().forEach((track) => track.stop());

/** Hand the microphone's level (0 to 1) to `heard` a dozen times a second. Resolves to a function that ends it. */
export async function listenToLevel(heard) {
  const stream = await openMicrophone();
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    heard(Math.min(1, Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length) / LOUD));
  }, LEVEL_EVERY_MS);
  return () => {
    clearInterval(timer);
    closeStream(stream);
    if (context.state !== 'closed') context.close();
  };
}

/** The ring of an incoming call. A browser that has seen no click or key on the page yet keeps it silent. */
export class Ringer {
  constructor() {
    this.context = null;
    this.timer = null;
  }

  async start() {
    if (this.timer) return;
    const burst = () => this.burst();
    this.timer = setInterval(burst, RING_EVERY_MS);
    this.context ??= new AudioContext();
    const { ringer } = chosen();
    // where the ring comes from is a comfort: a device that is gone must not keep the call from being shown
    await this.context.setSinkId?.(ringer).catch(() => undefined);
    this.context.resume().then(() => this.timer && burst(), () => undefined);
  }

  burst() {
    if (this.context.state !== 'running') return;
    const [tone, volume, now] = [this.context.createOscillator(), this.context.createGain(), this.context.currentTime];
    tone.frequency.value = RING_HZ;
    volume.gain.setValueAtTime(0, now);
    volume.gain.linearRampToValueAtTime(RING_VOLUME, now + 0.02);
    volume.gain.setValueAtTime(RING_VOLUME, now + RING_S - 0.02);
    volume.gain.linearRampToValueAtTime(0, now + RING_S);
    tone.connect(volume).connect(this.context.destination);
    tone.start(now);
    tone.stop(now + RING_S);
    this.tone = tone;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.tone?.disconnect();
    this.tone = null;
  }
}

/** The other side's voice, on the chosen earphones. */
export class Speaker {
  constructor() {
    this.element = document.createElement('audio');
    this.element.autoplay = true;
    this.element.dataset.voice = 'remote';
    document.body.append(this.element);
  }

  async play(stream) {
    this.element.srcObject = stream;
    await this.turnTo(chosen().output);
  }

  /** Earphones that are gone give way to the system's own choice. */
  async turnTo(output) {
    await this.element.setSinkId?.(output).catch(() => this.element.setSinkId(''));
  }

  stop() {
    this.element.srcObject = null;
  }
}

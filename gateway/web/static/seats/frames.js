// When the page draws. What one happening changes comes as several messages within some 20 ms, and each frame costs the
// page's main thread the whole floor's bookkeeping whatever has moved: so the first message waits a moment for the others,
// and frames keep a distance. Nothing of the page draws outside of such a frame.

/** Messages of one happening are drawn together; each frame saved is worth more than these milliseconds. */
const TOGETHER_MS = 25;
/** Nobody sees more of a hall than some 16 frames a second show. */
const APART_MS = 60;

export class Frames {
  /** `paint()` draws everything that has moved since the last time. */
  constructor(paint) {
    Object.assign(this, { paint, timer: 0, painted: 0 });
  }

  /** Something has moved: draw it in the next frame of the page. */
  soon() {
    if (this.timer) return;
    const wait = Math.max(TOGETHER_MS, this.painted + APART_MS - performance.now());
    this.timer = setTimeout(() => requestAnimationFrame(() => this.now()), wait);
  }

  /** Draw at once, and what was asked for with it. */
  now() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.painted = performance.now();
    this.paint();
  }
}

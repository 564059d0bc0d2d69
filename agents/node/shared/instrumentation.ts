/**
 * Load-time instrumentation: what the rewritten code, the host and the worker agree on. Before a statement that begins a line
 * stands `__stillframe[17]&&__stillframeAt(17);`. The first is a byte per such site: 0 while nobody counts there, else the
 * place of its count. No line is added, so only columns move, and whoever has the text can undo it.
 */

/** Fixed, so that V8's compile cache finds the code again. */
export const SITES_NAME = '__stillframe';
export const REACHED_NAME = '__stillframeAt';
export const MAX_SITES = 262_144;
/** Sites that can be counted at the same time. */
export const MAX_COUNTED = 250;

/** In shared memory: the worker arms and reads without a message. */
export interface SharedSites {
  armed: Uint8Array;
  /** By the byte in `armed`; doubles count exactly to 2^53. */
  counts: Float64Array;
  /** One word: the next free site. */
  next: Int32Array;
}

export function createSharedSites(): SharedSites {
  return {
    armed: new Uint8Array(new SharedArrayBuffer(MAX_SITES)),
    counts: new Float64Array(new SharedArrayBuffer((MAX_COUNTED + 1) * 8)),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
}

export function siteText(site: number): string {
  return `${SITES_NAME}[${site}]&&${REACHED_NAME}(${site});`;
}

/** Finds what `siteText` wrote; the first group is the site. */
export function sitePattern(): RegExp {
  return new RegExp(`${SITES_NAME}\\[(\\d+)\\]&&${REACHED_NAME}\\(\\1\\);`, 'g');
}

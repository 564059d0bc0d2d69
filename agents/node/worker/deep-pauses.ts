/**
 * The worker's part of deep snapshots: what they need is there only while an action asks for them. Opens and closes the host's
 * second session and the thread that ends its pauses, and tells the host which scripts' names are their author's.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Action } from '@stillframe/protocol/action';
import { type CallSite, DEEP, DEEP_WORDS, type DeepCommand, RESUMER } from '../shared/deep-messages.ts';
import type { RawFrame, RawHit } from '../shared/probe-messages.ts';
import { blockedPathSources } from './blocked-paths.ts';
import { isDeep } from './deep-cost.ts';
import type { DeepNames } from './deep-names.ts';

export interface DeepPausesInput {
  tellHost(command: DeepCommand): void;
  names: DeepNames;
  /** Ends a pause in the place of the thread that should. */
  resume(): void;
  /** The site in the text on disk. */
  original(site: CallSite): Promise<CallSite>;
}

export interface DeepPauses {
  /** The actions that are wanted now. */
  apply(actions: readonly Action[]): void;
  setBlocked(patterns: readonly string[]): void;
  /** A hit has come: what it shows to be unknown is learnt for the next. */
  learn(hit: RawHit): void;
  /** When the host and the other thread are ready; after a moment without, hits are plain until they are. */
  ready(): Promise<void>;
  /** Before the process exits: waits a moment until the other thread has let go of the service. */
  close(): void;
}

/** Hits after which the host's session begins afresh: what V8 keeps for one grows with each pause. */
const HITS_PER_SESSION = 500;
const LEAVE_WAIT_MS = 50;
const READY_WAIT_MS = 1000;
const MOST_SITES = 1000;

export function createDeepPauses({ tellHost, names, resume, original }: DeepPausesInput): DeepPauses {
  let words: Int32Array | undefined;
  let resumer: Worker | undefined;
  let patterns: readonly string[] = [];
  let ready: Promise<void> = Promise.resolve();
  let hits = 0;
  /** Call sites whose names the host knows. */
  const learnt = new Set<string>();

  function open(): void {
    words = new Int32Array(new SharedArrayBuffer(DEEP_WORDS * 4));
    resumer = new Worker(join(__dirname, 'deep-resumer.cjs'), {
      name: 'stillframe-resumer',
      workerData: words,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
    });
    const opened = words;
    // Without it no pause is begun; one that has begun must not wait for it.
    const lost = () => {
      Atomics.store(opened, DEEP.resumer, RESUMER.gone);
      resume();
    };
    resumer.on('error', lost);
    resumer.on('exit', lost);
    resumer.unref();
    tellHost({ command: 'deepBlocked', patterns: blockedPathSources(patterns) });
    tellHost({ command: 'deepOpen', words });
    ready = bothReady(words);
    names.forget();
    learnt.clear();
  }

  function leave(): void {
    if (words === undefined) return;
    Atomics.store(words, DEEP.resumer, RESUMER.leaving);
    Atomics.add(words, DEEP.asked, 1);
    Atomics.notify(words, DEEP.asked);
  }

  return {
    apply(actions) {
      const wanted = actions.some(isDeep);
      if (wanted && words === undefined) open();
      else if (!wanted && words !== undefined) {
        leave();
        words = undefined;
        tellHost({ command: 'deepClose' });
      }
    },
    setBlocked(blocked) {
      patterns = blocked;
      if (words !== undefined) tellHost({ command: 'deepBlocked', patterns: blockedPathSources(patterns) });
    },
    learn({ frames }) {
      if (words === undefined || !frames.some(({ caller }) => caller !== undefined)) return;
      hits += 1;
      if (hits % HITS_PER_SESSION === 0) tellHost({ command: 'deepRenew' });
      for (const frame of frames) if (frame.caller !== undefined) void learnFrame(frame).catch(() => {});
    },
    ready: () => ready,
    close() {
      if (words === undefined || Atomics.load(words, DEEP.resumer) === RESUMER.gone) return;
      leave();
      Atomics.wait(words, DEEP.resumer, RESUMER.leaving, LEAVE_WAIT_MS);
    },
  };

  async function learnFrame({ caller, line, column }: RawFrame): Promise<void> {
    const { scriptId } = caller as NonNullable<RawFrame['caller']>;
    const site = { scriptId, line, column };
    const key = `${scriptId}:${line}:${column}`;
    if (learnt.has(key) || learnt.size >= MOST_SITES) return;
    learnt.add(key);
    const found = await names.at(await original(site));
    if (found === undefined) return;
    if (found.names !== undefined) tellHost({ command: 'deepNames', site, names: found.names });
    else if (found.unchanged) tellHost({ command: 'deepReadable', scriptIds: [scriptId] });
  }
}

async function bothReady(words: Int32Array): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  await changed(words, DEEP.resumer, RESUMER.starting, until);
  await changed(words, DEEP.host, 0, until);
}

/** Resolves when the word is no longer that. */
async function changed(words: Int32Array, index: number, from: number, until: number): Promise<void> {
  // Node 20 has it; the language level this room compiles for does not.
  const { waitAsync } = Atomics as unknown as {
    waitAsync(words: Int32Array, index: number, value: number, timeoutMs: number): { value: unknown };
  };
  await waitAsync(words, index, from, Math.max(0, until - performance.now())).value;
}

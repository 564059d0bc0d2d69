/**
 * One debug session: the link to the server, which actions are threads, which hit each shows, and numbers for frames and
 * values. Hits never change, so every number stays good for the whole session.
 */
import { fileURLToPath } from 'node:url';
import { writeCacheFile } from '@stillframe/management-client/cache-files';
import { ManagementLink, type ViewChange } from '@stillframe/management-client/management-link';
import { findServerUrl, findToken, tokenEnvironment } from '@stillframe/management-client/sign-in';
import { WorkspaceMap } from '@stillframe/management-client/workspace/workspace-map';
import { errorName } from '@stillframe/protocol/errors';
import type { Hit } from '@stillframe/protocol/hit';
import { type ActionInfo, ActionRemove, FileRead, HitList } from '@stillframe/protocol/messages/ide-connection';
import { ADAPTER_VERSION } from '../version.ts';
import type { AttachOptions } from './attach-options.ts';
import { BreakpointTable } from './breakpoint-table.ts';
import { EchoGuard } from './echo-guard.ts';
import { Handles } from './handles.ts';
import { Problem } from './problem.ts';
import type { TableRef } from './value-table.ts';

export interface ClientFacts {
  id: string;
  supportsVariablePaging: boolean;
  linesStartAt1: boolean;
  columnsStartAt1: boolean;
  pathsAreUris: boolean;
}

/** Where a frame's variables hang, or a value's children. `range` is one group of a long list. */
export type Container =
  | { kind: 'scope'; hitId: string; frame: number; scope: string }
  | { kind: 'value'; table: TableRef; value: number; evaluateName?: string; range?: { from: number; to: number } };

export interface FrameRef {
  hitId: string;
  actionId: string;
  frame: number;
}

/** A deployed text that is not in the workspace as it was deployed. */
export interface DeployedSource {
  path: string;
  sha256: string | undefined;
}

/** One action as a debugger's thread. */
export interface ActionThread {
  id: number;
  /** As last heard of; an action that was removed stays a thread, since its hits stay readable. */
  info: ActionInfo;
  /** Ordinal of the hit that is shown. */
  playhead: number;
  /** Hits the client has heard of; `info` may know more of which the news is still to be told. */
  heard: number;
  /** The client was told that it is stopped. */
  stopped: boolean;
  /** The person went on from the newest hit: the next one is shown when it comes. */
  waiting: boolean;
  lastStopAt: number;
}

export type Emit = (event: string, body?: object) => void;

const SIGN_IN = 'Run "stillframe login"; for a server on this machine, start it with "stillframe server" first';
const FIRST_THREAD = 1;
const FIRST_FRAME = 1000;
const FIRST_CONTAINER = 1;
const FIRST_SOURCE = 1;

export class AdapterSession {
  readonly emit: Emit;
  readonly frames = new Handles<FrameRef>(FIRST_FRAME);
  readonly containers = new Handles<Container>(FIRST_CONTAINER);
  readonly sources = new Handles<DeployedSource>(FIRST_SOURCE);
  readonly breakpoints = new BreakpointTable();
  readonly echoGuard = new EchoGuard();
  readonly threads = new Map<number, ActionThread>();
  /** Placed by words of the console; they end with the session as those of breakpoints do. */
  readonly typedActions = new Set<string>();
  /** To be removed as soon as the server can be reached. */
  readonly orphans = new Set<string>();
  /** Ordinal of the last line told, by log action. */
  readonly toldLogs = new Map<string, number>();
  readonly #threadIds = new Map<string, number>();
  readonly #hitIds = new Map<string, string>();
  readonly #copies = new Map<string, Promise<string | undefined>>();
  #link: ManagementLink | undefined;
  #map: WorkspaceMap | undefined;
  #nextThread = FIRST_THREAD;
  options: AttachOptions = {};
  configured = false;
  /** The connection was lost, and the person was told. */
  isCutOff = false;
  client: ClientFacts = {
    id: '',
    supportsVariablePaging: false,
    linesStartAt1: true,
    columnsStartAt1: true,
    pathsAreUris: false,
  };

  constructor(emit: Emit) {
    this.emit = emit;
  }

  get link(): ManagementLink {
    if (this.#link === undefined) throw new Problem('Attach first: this session has no server yet');
    return this.#link;
  }

  get map(): WorkspaceMap {
    if (this.#map === undefined) throw new Problem('Attach first: this session has no workspace yet');
    return this.#map;
  }

  get isAttached(): boolean {
    return this.#link !== undefined;
  }

  /** Resolves when the server has answered; throws a `Problem` with what to do when it does not. */
  async attach(options: AttachOptions, onChange: (change: ViewChange) => void): Promise<void> {
    const folders = options.workspaceFolders ?? [options.cwd ?? process.cwd()];
    const map = new WorkspaceMap({
      folders,
      rules: options.pathMappings ?? [],
      files: async () => (this.#link === undefined ? [] : this.#link.files()),
    });
    const configs = await map.configs();
    const problem = configs.find((config) => config.problem !== undefined)?.problem;
    if (problem !== undefined) throw new Problem(problem);
    const configured = configs.find((config) => config.server !== undefined)?.server;
    const url = await findServerUrl({ explicit: options.server ?? configured });
    const isNamedByRepository = options.server === undefined && configured !== undefined;
    const env = isNamedByRepository ? tokenEnvironment(url) : process.env;
    const link = new ManagementLink({
      url,
      token: async () => (await findToken(url, { env }))?.token,
      client: { name: `dap ${this.client.id}`.slice(0, 100), version: ADAPTER_VERSION },
    });
    link.start();
    try {
      await connected(link);
    } catch (error) {
      await link.close();
      throw error;
    }
    this.options = options;
    this.#map = map;
    this.#link = link;
    // What was logged before the session is not logged again.
    for (const { id, kind, hits } of link.view.actions.values()) if (kind === 'log') this.toldLogs.set(id, hits);
    link.onDidChange(onChange);
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
  }

  /**
   * Actions that are threads: those that capture, with at least one hit; of what measures only durations that keep their
   * slowest calls. A new one shows `playhead`, or its newest hit.
   */
  threadOf(info: ActionInfo, playhead = info.hits): ActionThread | undefined {
    const known = this.threads.get(this.#threadIds.get(info.id) ?? 0);
    if (known !== undefined) {
      known.info = info;
      return known;
    }
    if (info.kind === 'log' || info.hits === 0) return undefined;
    const id = this.#nextThread++;
    const thread = { id, info, playhead, heard: info.hits, stopped: false, waiting: false, lastStopAt: 0 };
    this.#threadIds.set(info.id, id);
    this.threads.set(id, thread);
    return thread;
  }

  /** The thread of an action, when it has become one. */
  knownThread(actionId: string): ActionThread | undefined {
    return this.threads.get(this.#threadIds.get(actionId) ?? 0);
  }

  threadFor(id: number): ActionThread {
    const thread = this.threads.get(id);
    if (thread === undefined) {
      throw new Problem('There is no hit yet: place a snapshot, or wait for its first hit', { quiet: true });
    }
    return thread;
  }

  /** The thread that was shown last. */
  latestThread(): ActionThread {
    const [latest] = [...this.threads.values()].sort((a, b) => b.lastStopAt - a.lastStopAt || b.id - a.id);
    if (latest === undefined) throw new Problem('There is no hit yet to look into', { quiet: true });
    return latest;
  }

  /** The hit a thread shows. */
  hitOf({ info, playhead }: ActionThread): Promise<Hit> {
    return this.hitAt(info.id, playhead);
  }

  async hitAt(actionId: string, ordinal: number): Promise<Hit> {
    const key = `${actionId} ${ordinal}`;
    let id = this.#hitIds.get(key);
    if (id === undefined) {
      const { hits } = await this.link.request(HitList, { actionId, afterOrdinal: ordinal - 1, limit: 1 });
      const [head] = hits;
      if (head?.ordinal !== ordinal) throw new Problem(`Hit ${ordinal} is not kept any more; go to a later one`);
      id = head.id;
      this.#hitIds.set(key, id);
    }
    return this.link.hit(id);
  }

  /** The path of a read-only copy of a deployed text; undefined when no agent gives it. */
  copyOf({ path, sha256 }: DeployedSource): Promise<string | undefined> {
    const key = `${path} ${sha256}`;
    const known = this.#copies.get(key);
    if (known !== undefined) return known;
    const copy = this.link
      .request(FileRead, { path, ...(sha256 !== undefined && { sha256 }) })
      .then(({ text }) => writeCacheFile('deployed', path, text))
      .then(fileURLToPath, () => undefined);
    this.#copies.set(key, copy);
    return copy;
  }

  /** Takes actions out now, or as soon as the server can be reached. */
  async removeActions(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      this.orphans.add(id);
      this.typedActions.delete(id);
    }
    const all = [...this.orphans];
    if (all.length === 0 || this.link.state !== 'connected') return;
    try {
      await this.link.request(ActionRemove, { ids: all });
    } catch (error) {
      // The connection was lost before the answer; they are taken out when it is back.
      if (errorName(error) === 'unavailable') return;
      throw error;
    }
    for (const id of all) this.orphans.delete(id);
  }

  /** A line in the debug console. */
  say(text: string, category: 'console' | 'important' = 'console'): void {
    this.emit('output', { category, output: `${text}\n` });
  }
}

function connected(link: ManagementLink): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (link.state === 'connecting') return;
      subscription.dispose();
      const reason = link.stateReason ?? `Cannot reach ${link.url}`;
      if (link.state === 'connected') resolve();
      else reject(new Problem(link.state === 'signedOut' ? `${reason}. ${SIGN_IN}` : reason));
    };
    const subscription = link.onDidChange(look);
    look();
  });
}

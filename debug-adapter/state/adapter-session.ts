/**
 * One debug session: the link to the server, which actions are threads, which hit each shows, and numbers for frames and
 * values. Hits never change, so every number stays good for the whole session.
 */
import { ManagementLink, type ViewChange } from '@stillframe/management-client/management-link';
import { findServerUrl, findToken } from '@stillframe/management-client/sign-in';
import { WorkspaceMap } from '@stillframe/management-client/workspace/workspace-map';
import type { Hit } from '@stillframe/protocol/hit';
import { type ActionInfo, HitList } from '@stillframe/protocol/messages/ide-connection';
import { ADAPTER_VERSION } from '../version.ts';
import type { AttachOptions } from './attach-options.ts';
import { BreakpointTable } from './breakpoint-table.ts';
import { Handles } from './handles.ts';
import { Problem } from './problem.ts';

export interface ClientFacts {
  id: string;
  name: string;
  supportsVariablePaging: boolean;
  supportsVariableType: boolean;
  linesStartAt1: boolean;
  columnsStartAt1: boolean;
  pathsAreUris: boolean;
}

/** Where a frame's variables hang, or a value's children. */
export type Container =
  | { kind: 'scope'; hitId: string; frame: number; scope: string }
  | { kind: 'value'; hitId: string; value: number; evaluateName?: string }
  | { kind: 'range'; hitId: string; value: number; from: number; to: number; evaluateName?: string }
  | { kind: 'evaluated'; hit: Hit; value: number; evaluateName?: string };

export interface FrameRef {
  hitId: string;
  frame: number;
}

/** A deployed text that is not in the workspace as it was deployed. */
export interface DeployedSource {
  path: string;
  sha256: string | undefined;
  agentId: string;
}

/** One action as a debugger's thread. */
export interface ActionThread {
  id: number;
  actionId: string;
  /** Ordinal of the hit that is shown. */
  playhead: number;
  /** The client was told that it is stopped. */
  stopped: boolean;
  lastStopAt: number;
}

export type Emit = (event: string, body?: object) => void;

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
  readonly threads = new Map<number, ActionThread>();
  readonly #threadIds = new Map<string, number>();
  readonly #hitIds = new Map<string, string>();
  #link: ManagementLink | undefined;
  #map: WorkspaceMap | undefined;
  #nextThread = FIRST_THREAD;
  options: AttachOptions = {};
  configured = false;
  client: ClientFacts = {
    id: '',
    name: '',
    supportsVariablePaging: false,
    supportsVariableType: false,
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
    const server = options.server ?? configs.find((config) => config.server !== undefined)?.server;
    const url = await findServerUrl({ explicit: server });
    const link = new ManagementLink({
      url,
      token: async () => (await findToken(url))?.token,
      client: { name: `dap ${this.client.id}`.slice(0, 100), version: ADAPTER_VERSION },
      log: (line) => this.say(line),
    });
    this.options = options;
    this.#map = map;
    link.onDidChange(onChange);
    link.start();
    try {
      await connected(link);
    } catch (error) {
      await link.close();
      throw error;
    }
    this.#link = link;
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
  }

  /** Actions that are threads: snapshots with at least one hit. */
  threadOf(info: ActionInfo): ActionThread | undefined {
    const known = this.#threadIds.get(info.id);
    if (known !== undefined) return this.threads.get(known);
    if (info.kind !== 'snapshot' || info.hits === 0) return undefined;
    const thread: ActionThread = {
      id: this.#nextThread++,
      actionId: info.id,
      playhead: info.hits,
      stopped: false,
      lastStopAt: 0,
    };
    this.#threadIds.set(info.id, thread.id);
    this.threads.set(thread.id, thread);
    return thread;
  }

  threadFor(id: number): ActionThread {
    const thread = this.threads.get(id);
    if (thread === undefined) throw new Problem('There is no hit yet: place a snapshot, or wait for its first hit');
    return thread;
  }

  infoOf({ actionId }: ActionThread): ActionInfo {
    const info = this.link.view.actions.get(actionId);
    if (info === undefined) throw new Problem('This action was removed, and its hits with it');
    return info;
  }

  /** The hit a thread shows. */
  hitOf(thread: ActionThread): Promise<Hit> {
    return this.hitAt(thread.actionId, thread.playhead);
  }

  async hitAt(actionId: string, ordinal: number): Promise<Hit> {
    const key = `${actionId} ${ordinal}`;
    let id = this.#hitIds.get(key);
    if (id === undefined) {
      const { hits } = await this.link.request(HitList, { actionId, afterOrdinal: ordinal - 1, limit: 1 });
      id = hits[0]?.id;
      if (id === undefined) throw new Problem(`Hit ${ordinal} is not there any more`);
      this.#hitIds.set(key, id);
    }
    return this.link.hit(id);
  }

  /** A line in the debug console. */
  say(text: string, category: 'console' | 'stdout' | 'important' = 'console'): void {
    this.emit('output', { category, output: `${text}\n` });
  }
}

function connected(link: ManagementLink): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (link.state === 'connecting') return;
      subscription.dispose();
      if (link.state === 'connected') resolve();
      else reject(new Problem(link.stateReason ?? `Cannot reach ${link.url}`));
    };
    const subscription = link.onDidChange(look);
    look();
  });
}

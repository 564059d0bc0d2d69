/**
 * What the language server knows between requests: the link to the management server, the workspace, settings, open
 * documents and the last hits of each action. Requests read it; events refresh it and the editor.
 */
import { parseTarget } from '@stillframe/core/action/target-text';
import type { DeployedMatch } from '@stillframe/core/source/path-map';
import { ManagementLink, type ViewChange } from '@stillframe/management-client/management-link';
import { findServerUrl, findToken } from '@stillframe/management-client/sign-in';
import { WorkspaceMap } from '@stillframe/management-client/workspace/workspace-map';
import type { Target } from '@stillframe/protocol/action';
import type { Hit, HitHead } from '@stillframe/protocol/hit';
import { type ActionInfo, HitList } from '@stillframe/protocol/messages/ide-connection';
import type { OpenDocument } from './open-document.ts';
import { type Settings, settingsFrom } from './settings.ts';

export interface SessionEvents {
  /** Something that lenses, hints or diagnostics show has changed. */
  onChange(): void;
  onHits(heads: readonly HitHead[]): void;
  log(line: string): void;
}

/** An action at a line of an open document. `line` is 0-based. */
export interface PlacedAction {
  info: ActionInfo;
  line: number;
}

/** Hits per action that are remembered for hints and hovers. */
const HEADS_KEPT = 20;

export class Session {
  readonly #events: SessionEvents;
  readonly #heads = new Map<string, HitHead[]>();
  readonly #matches = new Map<string, { key: string; match: Promise<DeployedMatch> }>();
  readonly documents = new Map<string, OpenDocument>();
  readonly map: WorkspaceMap;
  #link: ManagementLink | undefined;
  #url = '';
  settings: Settings;
  clientName = 'lsp';
  clientVersion = '';

  constructor(events: SessionEvents) {
    this.#events = events;
    this.settings = settingsFrom(undefined);
    this.map = new WorkspaceMap({ folders: [], files: () => this.link.files() });
  }

  get link(): ManagementLink {
    if (this.#link === undefined) throw new Error('The session has not been started');
    return this.#link;
  }

  get isStarted(): boolean {
    return this.#link !== undefined;
  }

  configure(raw: unknown, folders: readonly string[]): void {
    this.settings = settingsFrom(raw, this.isStarted ? this.settings : undefined);
    this.map.configure(folders, this.settings.pathMappings);
    this.#matches.clear();
  }

  /** Dials the server the settings name; a changed address ends the old connection. */
  async connect(): Promise<void> {
    const configs = await this.map.configs();
    for (const { problem } of configs) if (problem !== undefined) this.#events.log(problem);
    const configured = configs.find(({ server }) => server !== undefined)?.server;
    const url = await findServerUrl({ explicit: this.settings.server ?? configured });
    if (url === this.#url && this.#link !== undefined) return;
    const old = this.#link;
    this.#url = url;
    const link = new ManagementLink({
      url,
      token: async () => (await findToken(url))?.token,
      client: { name: this.clientName.slice(0, 100), version: this.clientVersion.slice(0, 50) },
      log: (line) => this.#events.log(line),
    });
    link.onDidChange((change) => this.#changed(link, change));
    this.#link = link;
    link.start();
    await old?.close();
  }

  /** Anew, with whatever token there is now. */
  async reconnect(): Promise<void> {
    this.#url = '';
    await this.connect();
  }

  setTarget(target: string): void {
    this.settings = { ...this.settings, target };
    this.#events.onChange();
  }

  async close(): Promise<void> {
    await this.#link?.close();
  }

  /** Where new actions go when nothing else is said: the setting, `.stillframe.json`, or whoever has the file. */
  async defaultTarget(): Promise<{ text: string; target: Target; problem?: string }> {
    const configured = (await this.map.configs()).find(({ target }) => target !== undefined)?.target;
    const text = this.settings.target ?? configured ?? 'all';
    const { target, problem } = parseTarget(text);
    return target === undefined ? { text, target: { by: 'all' }, problem: problem ?? '' } : { text, target };
  }

  /** What the document is deployed as. Asked anew when its text or the agents' files have changed. */
  deployedFor(document: OpenDocument): Promise<DeployedMatch> {
    const key = `${document.version} ${this.link.view.filesRevision} ${this.link.state}`;
    const known = this.#matches.get(document.uri);
    if (known?.key === key) return known.match;
    const match = this.map.deployedFor(document.path, document.text());
    this.#matches.set(document.uri, { key, match });
    match.catch(() => this.#matches.delete(document.uri));
    return match;
  }

  /** Actions of a document, by line. Those that have ended stay until they are removed. */
  async actionsIn(document: OpenDocument): Promise<PlacedAction[]> {
    const { actions } = this.link.view;
    if (actions.size === 0) return [];
    const { files } = await this.deployedFor(document);
    const paths = new Set(files.map((file) => file.path));
    const placed: PlacedAction[] = [];
    for (const info of actions.values()) {
      const place = resolvedIn(info, paths) ?? asked(info, document, paths);
      if (place !== undefined) placed.push({ info, line: Math.min(place, document.lineCount) - 1 });
    }
    return placed.sort((a, b) => a.line - b.line || a.info.createdAt - b.info.createdAt);
  }

  /** The last hits of an action, newest first; asked from the server the first time. */
  async lastHits(info: ActionInfo): Promise<readonly HitHead[]> {
    const known = this.#heads.get(info.id);
    if (known !== undefined || info.hits === 0) return known ?? [];
    const { hits } = await this.link.request(HitList, { actionId: info.id, limit: HEADS_KEPT });
    const raced = this.#heads.get(info.id) ?? [];
    const heads = raced.length > hits.length ? raced : hits;
    this.#heads.set(info.id, heads);
    return heads;
  }

  async lastHit(info: ActionInfo): Promise<Hit | undefined> {
    const [head] = await this.lastHits(info);
    return head === undefined ? undefined : this.link.hit(head.id);
  }

  #changed(link: ManagementLink, change: ViewChange): void {
    if (link !== this.#link) return;
    if (change.connection) this.#heads.clear();
    for (const id of change.removedActions ?? []) this.#heads.delete(id);
    for (const head of change.hits ?? []) this.#remember(head);
    if (change.hits !== undefined) this.#events.onHits(change.hits);
    this.#events.onChange();
  }

  #remember(head: HitHead): void {
    const known = this.#heads.get(head.actionId);
    // Without the earlier ones the list would have a hole; the first look asks for all.
    if (known === undefined && head.ordinal > 1) return;
    this.#heads.set(head.actionId, [head, ...(known ?? [])].slice(0, HEADS_KEPT));
  }
}

/** Where an agent really put it, when that is in this document. */
function resolvedIn({ agents }: ActionInfo, paths: ReadonlySet<string>): number | undefined {
  return agents.find(({ resolved }) => resolved !== undefined && paths.has(resolved.path))?.resolved?.line;
}

/** Where it was asked for. */
function asked({ location }: ActionInfo, document: OpenDocument, paths: ReadonlySet<string>): number | undefined {
  const tail = location.path.replaceAll('\\', '/');
  const isHere = paths.has(location.path) || [document.path, ...paths].some((path) => `/${path}`.endsWith(`/${tail}`));
  return isHere ? location.line : undefined;
}

/**
 * What the language server knows between requests: the link to the management server, the workspace, settings, open
 * documents and the last hits of each action. Requests read it; events refresh it and the editor.
 */
import { parseTarget } from '@stillframe/core/action/target-text';
import type { DeployedMatch } from '@stillframe/core/source/path-map';
import { ManagementLink, type ViewChange } from '@stillframe/management-client/management-link';
import { DEFAULT_SERVER_URL, findServerUrl, findToken, tokenEnvironment } from '@stillframe/management-client/sign-in';
import { WorkspaceMap } from '@stillframe/management-client/workspace/workspace-map';
import { ActionState, type Target } from '@stillframe/protocol/action';
import type { Hit, HitHead } from '@stillframe/protocol/hit';
import { type ActionInfo, ActionList, HitList } from '@stillframe/protocol/messages/ide-connection';
import { type Drift, driftOf, driftText } from './drift.ts';
import { contentOf } from './editor-content.ts';
import type { OpenDocument } from './open-document.ts';
import { type Settings, settingsFrom } from './settings.ts';

export interface SessionEvents {
  /** Something that lenses, hints or diagnostics show has changed. */
  onChange(): void;
  onHits(heads: readonly HitHead[]): void;
  /** For the person, once per sentence. */
  warn(message: string): void;
  log(line: string): void;
}

/** An action at a line of an open document. `line` is 0-based. */
export interface PlacedAction {
  info: ActionInfo;
  line: number;
}

/** What an open document is deployed as. */
export interface DeployedDocument extends DeployedMatch {
  /** Of the editor's text, as a file would have it. */
  sha256: string;
  drift: Drift;
  /** A sentence without its end; absent when there is no drift. */
  driftText?: string;
}

/** Hits per action that are remembered for hints and hovers. */
const HEADS_KEPT = 20;

export class Session {
  readonly #events: SessionEvents;
  readonly #heads = new Map<string, HitHead[]>();
  readonly #matches = new Map<string, { key: string; match: Promise<DeployedDocument> }>();
  readonly #locals = new Map<string, Promise<string | undefined>>();
  readonly #warned = new Set<string>();
  /** Of the connection; said again when it was there in between. */
  #connectionWarning: string | undefined;
  readonly documents = new Map<string, OpenDocument>();
  /** Rendered values of the last hits, by action; whoever renders them knows when they are stale. */
  readonly renderedHits = new Map<string, { key: string; text: string }>();
  readonly map: WorkspaceMap;
  /** Settles when there is a link to ask. */
  readonly started: Promise<void>;
  #markStarted: () => void = () => {};
  #link: ManagementLink | undefined;
  #url = '';
  #findToken: () => Promise<string | undefined> = async () => undefined;
  /** The token of the last try. */
  #offered: string | undefined;
  #chosenTarget: string | undefined;
  settings: Settings;
  clientName = 'lsp';
  clientVersion = '';
  /** The editor shows code lenses, and so how actions are doing; without them diagnostics say it. */
  hasLenses = false;
  #connecting: Promise<void> = Promise.resolve();

  constructor(events: SessionEvents) {
    this.#events = events;
    this.settings = settingsFrom(undefined);
    this.map = new WorkspaceMap({ folders: [], files: () => this.link.files() });
    this.started = new Promise((resolve) => {
      this.#markStarted = resolve;
    });
  }

  get link(): ManagementLink {
    if (this.#link === undefined) throw new Error('The session has not been started');
    return this.#link;
  }

  get isStarted(): boolean {
    return this.#link !== undefined;
  }

  configure(raw: unknown, folders: readonly string[]): void {
    const before = this.settings.target;
    this.settings = settingsFrom(raw, this.settings);
    if (this.settings.target !== before) this.#chosenTarget = undefined;
    this.map.configure(folders, this.settings.pathMappings);
    this.#forgetPlaces();
  }

  /** Files or `.stillframe.json` have changed on disk. */
  refreshWorkspace(): void {
    this.map.refresh();
    this.#forgetPlaces();
  }

  /** Dials the server the settings name; a changed address ends the old connection. */
  connect(): Promise<void> {
    // One after another, so that the last settings are those that hold.
    this.#connecting = this.#connecting.catch(() => {}).then(() => this.#connect());
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    const configs = await this.map.configs();
    for (const { problem } of configs) if (problem !== undefined) this.#warn(problem);
    const configured = configs.find(({ server }) => server !== undefined)?.server;
    const url = await findServerUrl({ explicit: this.settings.server ?? configured });
    if (url === this.#url && this.#link !== undefined) return;
    const old = this.#link;
    this.#url = url;
    const env = this.settings.server === undefined && configured !== undefined ? tokenEnvironment(url) : process.env;
    const tokenOfServer = async () => (await findToken(url, { env }))?.token;
    this.#findToken = tokenOfServer;
    const link = new ManagementLink({
      url,
      // Never by way of the session, which may have another server by then.
      token: async () => {
        const token = await tokenOfServer();
        this.#offered = token;
        return token;
      },
      client: { name: this.clientName.slice(0, 100), version: this.clientVersion.slice(0, 50) },
      log: (line) => this.#events.log(line),
    });
    link.onDidChange((change) => this.#changed(link, change));
    this.#link = link;
    link.start();
    this.#markStarted();
    await old?.close();
  }

  /** Anew, with whatever token there is now. */
  async reconnect(): Promise<void> {
    this.#url = '';
    await this.connect();
  }

  /**
   * The person does something: a server that was away may be there by now, and somebody may have signed in at a terminal. A
   * token that was refused is not offered again.
   */
  async retry(): Promise<void> {
    const link = this.#link;
    if (link?.state === 'disconnected') link.retryNow();
    if (link?.state !== 'signedOut') return;
    const token = await this.#findToken();
    if (token !== undefined && token !== this.#offered) link.retryNow();
  }

  /** The open document of a file; clients spell the URI of the same file in different ways. */
  documentAt(uri: string, path: string): OpenDocument | undefined {
    return this.documents.get(uri) ?? [...this.documents.values()].find((document) => document.path === path);
  }

  /** Until the session ends, or the setting names another one. */
  chooseTarget(target: string): void {
    this.#chosenTarget = target;
    this.#events.onChange();
  }

  async close(): Promise<void> {
    await this.#link?.close();
  }

  /** Where new actions go when nothing else is said: as chosen, the setting, `.stillframe.json`, or whoever has the file. */
  async defaultTarget(): Promise<{ text: string; target: Target; problem?: string }> {
    const configured = (await this.map.configs()).find(({ target }) => target !== undefined)?.target;
    const text = this.#chosenTarget ?? this.settings.target ?? configured ?? 'all';
    const { target, problem } = parseTarget(text);
    return target === undefined ? { text, target: { by: 'all' }, problem: problem ?? '' } : { text, target };
  }

  /** What the document is deployed as. Asked anew when its text or the agents' files have changed. */
  deployedFor(document: OpenDocument): Promise<DeployedDocument> {
    const key = `${document.version} ${this.link.view.filesRevision} ${this.link.state}`;
    const known = this.#matches.get(document.uri);
    if (known?.key === key) return known.match;
    const match = this.#match(document);
    this.#matches.set(document.uri, { key, match });
    match.catch(() => this.#matches.delete(document.uri));
    return match;
  }

  /** The local file that stands for a deployed path. */
  localOf(deployedPath: string): Promise<string | undefined> {
    let local = this.#locals.get(deployedPath);
    if (local === undefined) {
      local = this.#findLocal(deployedPath);
      this.#locals.set(deployedPath, local);
      local.catch(() => this.#locals.delete(deployedPath));
    }
    return local;
  }

  /** The document was saved, or is new: what its text is compared with has changed. */
  forgetPlaceOf(uri: string): void {
    this.#matches.delete(uri);
  }

  /** Actions of a document, by line. Those that have ended stay until they are removed. */
  async actionsIn(document: OpenDocument): Promise<PlacedAction[]> {
    const { actions } = this.link.view;
    if (actions.size === 0) return [];
    const { verdict, files } = await this.deployedFor(document);
    const paths = new Set(verdict === 'mapped' ? files.map((file) => file.path) : []);
    const placed: PlacedAction[] = [];
    for (const info of actions.values()) {
      const { path, line } = placeAtAgents(info, paths);
      const isHere = paths.has(path) || (await this.localOf(path)) === document.path;
      if (isHere) placed.push({ info, line: Math.min(line, document.lineCount) - 1 });
    }
    return placed.sort((a, b) => a.line - b.line || a.info.createdAt - b.info.createdAt);
  }

  /** Also one that was placed a moment ago, of which the view has not heard. */
  async actionOf(id: string): Promise<ActionInfo | undefined> {
    const known = this.link.view.actions.get(id);
    if (known !== undefined) return known;
    const { actions } = await this.link.request(ActionList, { states: ActionState.options });
    return actions.find((info) => info.id === id);
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

  async #match(document: OpenDocument): Promise<DeployedDocument> {
    const content = await contentOf(document);
    const isSaved = content.saved === content.sha256;
    const match = await this.map.deployedFor(document.path, isSaved ? undefined : document.text());
    const drift = driftOf(match, content);
    const text = driftText(drift, match, document.path, content.sha256);
    return { ...match, sha256: content.sha256, drift, ...(text !== undefined && { driftText: text }) };
  }

  async #findLocal(deployedPath: string): Promise<string | undefined> {
    const sha256 = (await this.link.files()).find((file) => file.path === deployedPath)?.sha256;
    return (await this.map.localFor(deployedPath, sha256)).path;
  }

  #forgetPlaces(): void {
    this.#matches.clear();
    this.#locals.clear();
  }

  #changed(link: ManagementLink, change: ViewChange): void {
    if (link !== this.#link) return;
    if (change.connection) {
      this.#heads.clear();
      // Another server, or the same one started anew, may number its lists of files as the one before did.
      this.#matches.clear();
      this.#warnOfConnection(link);
    }
    if (change.connection || change.filesRevision !== undefined) this.#locals.clear();
    for (const id of change.removedActions ?? []) {
      this.#heads.delete(id);
      this.renderedHits.delete(id);
    }
    for (const head of change.hits ?? []) this.#remember(head);
    if (change.hits !== undefined) this.#events.onHits(change.hits);
    this.#events.onChange();
  }

  /** Where no extension shows the state. Nobody asked for the server that is only looked for by default. */
  #warnOfConnection({ state, stateReason, url }: ManagementLink): void {
    if (state === 'connected') this.#connectionWarning = undefined;
    if (this.settings.state || stateReason === undefined) return;
    if (state === 'disconnected' && url === DEFAULT_SERVER_URL) return;
    // Each try may fail in another way, which is no news.
    const kind = state === 'disconnected' ? `${state} ${url}` : stateReason;
    if (this.#connectionWarning === kind) return;
    this.#connectionWarning = kind;
    const saysHow = state === 'disconnected' || stateReason.includes('stillframe login');
    const how = 'Run "stillframe login" in a terminal; the next file you open or save connects';
    this.#events.warn(saysHow ? stateReason : `${stateReason}. ${how}`);
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#events.warn(message);
  }

  #remember(head: HitHead): void {
    const known = this.#heads.get(head.actionId);
    // Without the earlier ones the list would have a hole; the first look asks for all.
    if (known === undefined && head.ordinal > 1) return;
    this.#heads.set(head.actionId, [head, ...(known ?? [])].slice(0, HEADS_KEPT));
  }
}

/** Where an agent really put it, in these files if it is there; otherwise where it was asked for. Lines 1-based. */
function placeAtAgents({ agents, location }: ActionInfo, paths: ReadonlySet<string>): { path: string; line: number } {
  const resolved = agents.flatMap((agent) => agent.resolved ?? []);
  return resolved.find(({ path }) => paths.has(path)) ?? resolved[0] ?? location;
}

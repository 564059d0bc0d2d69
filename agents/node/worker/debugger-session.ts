/**
 * The inspector session to the service's thread. Open only while an action needs it; from the moment the Debugger domain
 * is on, all pauses are skipped, so nothing can stop the service. The one pause V8 still makes, near the heap limit, is
 * answered at once by letting go.
 */
import type { Debugger } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { type InstrumentedText, readInstrumented } from './instrumented-text.ts';
import { pathOf } from './source-files.ts';

export interface Script {
  id: string;
  path: string;
  sourceMapUrl?: string;
  isModule: boolean;
  /** UTF-16 units. */
  length: number;
}

export interface DebuggerSessionEvents {
  onScript(script: Script): void;
  /** V8 was about to run out of memory; the session has let go of everything. */
  onHeapLimit(): void;
  /** Files that may have been rewritten at load. */
  mayBeInstrumented(path: string): boolean;
}

/** Bytes of collected scripts' sources V8 may keep for the session; without it they are kept for ever. */
const MAX_SCRIPTS_CACHE_BYTES = 1_000_000;
/** Between the last action's end and letting go: an edit removes and places within moments. */
const GRACE_MS = 5_000;

export class DebuggerSession {
  readonly #events: DebuggerSessionEvents;
  readonly #scripts = new Map<string, Script>();
  readonly #texts = new Map<string, Promise<InstrumentedText | undefined>>();
  #session: Session | undefined;
  /** From its connection on, before it is ready to be used. */
  #connected: Session | undefined;
  #ended = false;
  #opening: Promise<Session> | undefined;
  #closing: NodeJS.Timeout | undefined;

  constructor(events: DebuggerSessionEvents) {
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Opens when needed; all scripts known to V8 have been announced when it resolves. */
  async open(): Promise<void> {
    if (this.#ended) throw new Error('The process is exiting');
    clearTimeout(this.#closing);
    this.#closing = undefined;
    this.#opening ??= this.#connect();
    await this.#opening;
  }

  async #connect(): Promise<Session> {
    const session = new Session();
    session.connectToMainThread();
    this.#connected = session;
    session.on('Debugger.scriptParsed', ({ params }) => this.#scriptParsed(params));
    session.on('Debugger.paused', () => this.#paused(session));
    // In this order: a `debugger` statement that runs between the two would stop the service.
    await session.post('Debugger.setSkipAllPauses', { skip: true });
    await session.post('Debugger.enable', { maxScriptsCacheSize: MAX_SCRIPTS_CACHE_BYTES });
    if (this.#connected !== session) throw new Error('The debugger session is closed');
    this.#session = session;
    return session;
  }

  #scriptParsed(params: Debugger.ScriptParsedEventDataType): void {
    const path = pathOf(params.url);
    if (path === undefined) return;
    const script: Script = {
      id: params.scriptId,
      path,
      isModule: params.isModule === true,
      length: params.length ?? 0,
    };
    if (params.sourceMapURL) script.sourceMapUrl = params.sourceMapURL;
    this.#scripts.set(script.id, script);
    this.#events.onScript(script);
  }

  #paused(session: Session): void {
    session.post('Debugger.resume').catch(() => {});
    this.close();
    this.#events.onHeapLimit();
  }

  /** Ends a pause of a deep snapshot whose own thread is lost; nothing else ever pauses. */
  resume(): void {
    this.#session?.post('Debugger.resume').catch(() => {});
  }

  /** Lets go after a grace time, unless it is needed again before. */
  closeLater(): void {
    if (this.#opening === undefined || this.#closing !== undefined) return;
    this.#closing = setTimeout(() => this.close(), GRACE_MS);
  }

  /** Disconnecting turns the Debugger domain off and takes every breakpoint out. */
  close(): void {
    clearTimeout(this.#closing);
    this.#closing = undefined;
    this.#connected?.disconnect();
    this.#connected = undefined;
    this.#session = undefined;
    this.#opening = undefined;
    this.#scripts.clear();
    this.#texts.clear();
  }

  /** Closes for good: work that is still queued must not connect anew while the process waits for its exit. */
  end(): void {
    this.#ended = true;
    this.close();
  }

  /** All scripts with this path: a module may have been loaded more than once. */
  scriptsAt(path: string): Script[] {
    return [...this.#scripts.values()].filter((script) => script.path === path);
  }

  script(id: string): Script | undefined {
    return this.#scripts.get(id);
  }

  /** As it was before it was rewritten at load; all positions below are in this text. */
  async sourceOf(script: Script): Promise<string> {
    return (await this.instrumentedText(script))?.original ?? this.#executedText(script);
  }

  /** Undefined for a script that runs as it is on disk. */
  instrumentedText(script: Script): Promise<InstrumentedText | undefined> {
    if (!this.#events.mayBeInstrumented(script.path)) return Promise.resolve(undefined);
    let text = this.#texts.get(script.id);
    if (text === undefined) {
      text = this.#executedText(script).then(readInstrumented);
      this.#texts.set(script.id, text);
    }
    return text;
  }

  /** A position of a stack trace (1-based) in the text on disk. */
  async originalSite<T extends { scriptId: string; line: number; column: number }>(site: T): Promise<T> {
    const script = this.#scripts.get(site.scriptId);
    const text = script && (await this.instrumentedText(script));
    const at = text?.toOriginal({ lineNumber: site.line - 1, columnNumber: site.column - 1 });
    return at === undefined ? site : { ...site, column: at.columnNumber + 1 };
  }

  async #executedText(script: Script): Promise<string> {
    return (await this.#open.post('Debugger.getScriptSource', { scriptId: script.id })).scriptSource;
  }

  /** Lines and columns 0-based, as V8 counts them; on wish only those of the function at `from`. */
  async possibleBreakpoints(
    script: Script,
    from: V8Position,
    to: V8Position,
    restrictToFunction = false,
  ): Promise<Debugger.BreakLocation[]> {
    const text = await this.instrumentedText(script);
    const start = { scriptId: script.id, ...(text?.toExecuted(from) ?? from) };
    const end = { scriptId: script.id, ...(text?.toExecuted(to) ?? to) };
    const range = { start, end, restrictToFunction };
    const { locations } = await this.#open.post('Debugger.getPossibleBreakpoints', range);
    if (text === undefined) return locations;
    return locations.flatMap((location) => {
      const at = text.toOriginal({ lineNumber: location.lineNumber, columnNumber: location.columnNumber ?? 0 });
      return at === undefined ? [] : [{ ...location, ...at }];
    });
  }

  async setBreakpoint(script: Script, at: V8Position, condition: string): Promise<string> {
    const executed = (await this.instrumentedText(script))?.toExecuted(at) ?? at;
    const location = { scriptId: script.id, ...executed };
    return (await this.#open.post('Debugger.setBreakpoint', { location, condition })).breakpointId;
  }

  /** Quiet when the session is gone: its breakpoints went with it. */
  async removeBreakpoint(breakpointId: string): Promise<void> {
    await this.#session?.post('Debugger.removeBreakpoint', { breakpointId }).catch(() => {});
  }

  get #open(): Session {
    if (this.#session === undefined) throw new Error('The debugger session is closed');
    return this.#session;
  }
}

export interface V8Position {
  lineNumber: number;
  columnNumber: number;
}

/** The lines of log actions, as many as the console keeps, and what did not come. */
import type { EditorAction, EditorLogLine } from '@stillframe/protocol/messages/editor-extensions';
import { type LogEntry, MOST_ENTRIES } from '../webview/log-entries.ts';

export type Place = NonNullable<EditorLogLine['place']>;

export class LogStore {
  readonly #most: number;
  #entries: LogEntry[] = [];
  readonly #places = new Map<number, Place>();
  /** Lines that agents left out, by action, as last told. */
  readonly #leftOut = new Map<string, number>();
  #hasNoted = false;
  #seq = 0;
  #gone = 0;

  constructor(most: number = MOST_ENTRIES) {
    this.#most = most;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Older entries that had to make room, since the last `clear`. */
  get gone(): number {
    return this.#gone;
  }

  placeOf(seq: number): Place | undefined {
    return this.#places.get(seq);
  }

  /** The entries they became, oldest first. */
  add(lines: readonly EditorLogLine[]): LogEntry[] {
    return this.#keep(
      lines.map(({ at, level, agent, message, place }) => {
        const seq = this.#next();
        if (place !== undefined) this.#places.set(seq, place);
        const where = place && `${decodeURIComponent(place.uri.split('/').at(-1) ?? '')}:${place.line + 1}`;
        return { seq, at, level, agent, message, ...(where !== undefined && { where }) };
      }),
    );
  }

  /** Notices of lines that agents have left out since the last time, to spare the service; the first time none. */
  note(actions: readonly EditorAction[], at: number): LogEntry[] {
    const notices: LogEntry[] = [];
    for (const { id, kind, label, leftOut = 0, place } of actions) {
      if (kind !== 'log') continue;
      const more = leftOut - (this.#leftOut.get(id) ?? 0);
      // An agent that went takes its counts along.
      this.#leftOut.set(id, leftOut);
      if (more <= 0 || !this.#hasNoted) continue;
      const seq = this.#next();
      if (place !== undefined) this.#places.set(seq, place);
      const lines = more === 1 ? '1 line was' : `${more.toLocaleString('en')} lines were`;
      const message = `${lines} left out to spare the service: ${label}`;
      notices.push({ seq, at, level: 'warn', message });
    }
    this.#hasNoted = true;
    return this.#keep(notices);
  }

  clear(): void {
    this.#entries = [];
    this.#places.clear();
    this.#gone = 0;
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #keep(added: LogEntry[]): LogEntry[] {
    const all = [...this.#entries, ...added];
    const out = all.slice(0, Math.max(0, all.length - this.#most));
    for (const { seq } of out) this.#places.delete(seq);
    this.#gone += out.length;
    this.#entries = all.slice(out.length);
    return added.slice(Math.max(0, added.length - this.#most));
  }
}

/** What the extension and its log console say to each other. */
import type { LogEntry, LogFilter } from './log-entries.ts';

/** `all` replaces what the page has. `gone` counts older entries that had to make room. */
export interface ToLogPage {
  type: 'all' | 'new';
  entries: readonly LogEntry[];
  gone: number;
}

export type FromLogPage =
  /** Sent when the page is ready, also after it was hidden. */
  { type: 'ready' } | { type: 'clear' } | { type: 'reveal'; seq: number } | { type: 'export'; filter: LogFilter };

/** Lines of log actions as the console keeps and filters them; the same on both sides of the page. */
import type { LogLevel } from '@stillframe/protocol/action';

export interface LogEntry {
  /** Grows by one per entry. */
  seq: number;
  at: number;
  level: LogLevel;
  /** Absent for what the console itself has to say: lines that did not come. */
  agent?: string;
  message: string;
  /** `orders.ts:41`, when the line is in this workspace. */
  where?: string;
}

export interface LogFilter {
  /** This one and graver ones. */
  level: LogLevel;
  /** Empty for all. */
  agent: string;
  /** Contained in message, agent or place, in either case. */
  text: string;
}

export const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
export const NO_FILTER: LogFilter = { level: 'debug', agent: '', text: '' };
/** Entries that are kept; older ones make room. */
export const MOST_ENTRIES = 5000;

/** What the console itself says passes every filter but that of text: it is about lines nobody can look at. */
export function passes(entry: LogEntry, { level, agent, text }: LogFilter): boolean {
  const searched = text.trim().toLowerCase();
  const parts = [entry.message, entry.agent ?? '', entry.where ?? ''];
  if (!parts.some((part) => part.toLowerCase().includes(searched))) return false;
  if (entry.agent === undefined) return true;
  return LEVELS.indexOf(entry.level) >= LEVELS.indexOf(level) && (agent === '' || entry.agent === agent);
}

/** One line of a text file; what a service sent cannot begin a line of its own. */
export function lineOf({ at, level, agent, where, message }: LogEntry): string {
  const parts = [new Date(at).toISOString(), `[${level}]`, agent, where, message.replaceAll(/\r?\n|\r/g, '\\n')];
  return parts.filter((part) => part !== undefined).join(' ');
}

/** One object of a JSON lines file. */
export function jsonOf({ at, level, agent, where, message }: LogEntry): string {
  return JSON.stringify({ at: new Date(at).toISOString(), level, agent, where, message });
}

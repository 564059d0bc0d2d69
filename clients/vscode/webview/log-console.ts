/** The log console: lines as they come, filtered, held still while somebody reads. */
import { editorHost } from './editor-host.ts';
import { byId, element, setHidden, setText } from './element.ts';
import { LEVELS, type LogEntry, type LogFilter, MOST_ENTRIES, NO_FILTER, passes } from './log-entries.ts';
import { addLogKeys } from './log-keys.ts';
import type { FromLogPage, ToLogPage } from './log-messages.ts';
import { logRow } from './log-row.ts';

/** This near to the end counts as at the end. */
const END_PX = 24;

const host = editorHost<ToLogPage, FromLogPage, LogFilter>(received);
const lines = byId('lines');
const text = byId('text') as HTMLInputElement;
const level = byId('level') as HTMLSelectElement;
const agent = byId('agent') as HTMLSelectElement;
const pause = byId('pause');
const newest = byId('newest');
const agents = new Set<string>();
let filter: LogFilter = { ...NO_FILTER, ...host.remembered };
let entries: LogEntry[] = [];
/** What came while the page is held still. */
let held: LogEntry[] = [];
let paused = false;
let gone = 0;

addBar();
addLogKeys(lines, (seq) => host.send({ type: 'reveal', seq }));
host.send({ type: 'ready' });

function received({ type, entries: come, gone: goneNow }: ToLogPage): void {
  gone = goneNow;
  for (const { agent: name } of come) if (name !== undefined) addAgent(name);
  if (type === 'all') {
    entries = [...come];
    held = [];
    drawAll();
  } else if (paused) {
    held = [...held, ...come].slice(-MOST_ENTRIES);
    drawBar();
  } else append(come);
}

function append(come: readonly LogEntry[]): void {
  const follows = isAtEnd();
  const all = [...entries, ...come];
  const out = all.splice(0, Math.max(0, all.length - MOST_ENTRIES));
  entries = all;
  const last = out.at(-1)?.seq ?? 0;
  for (const row of [...lines.children]) {
    if (Number((row as HTMLElement).dataset.seq) > last) break;
    row.remove();
  }
  lines.append(...come.filter((entry) => entry.seq > last && passes(entry, filter)).map(logRow));
  drawBar();
  if (follows) toEnd();
}

function drawAll(): void {
  lines.replaceChildren(...entries.filter((entry) => passes(entry, filter)).map(logRow));
  drawBar();
  toEnd();
}

function drawBar(): void {
  const shown = lines.childElementCount;
  const total = entries.length;
  setText(byId('count'), shown === total ? `${total} lines` : `${shown} of ${total} lines`);
  setText(pause, paused ? (held.length > 0 ? `Resume (${held.length} new)` : 'Resume') : 'Pause');
  pause.setAttribute('aria-pressed', String(paused));
  const kept = MOST_ENTRIES.toLocaleString('en');
  setText(byId('gone'), `${gone.toLocaleString('en')} older lines are gone: the newest ${kept} are kept.`);
  setHidden(byId('gone'), gone === 0);
  const why =
    total > 0
      ? 'No line passes the filter.'
      : 'No log line yet. Click “Add log…” above a function; its lines appear here as the service runs it.';
  setText(byId('empty'), why);
  setHidden(byId('empty'), shown > 0);
  drawNewest();
}

function drawNewest(): void {
  setHidden(newest, lines.childElementCount === 0 || isAtEnd());
}

function isAtEnd(): boolean {
  return lines.scrollHeight - lines.scrollTop - lines.clientHeight <= END_PX;
}

function toEnd(): void {
  lines.scrollTop = lines.scrollHeight;
  drawNewest();
}

function filtered(): void {
  filter = { level: level.value as LogFilter['level'], agent: agent.value, text: text.value };
  host.remember(filter);
  drawAll();
}

function pauseOrResume(): void {
  paused = !paused;
  const come = held;
  held = [];
  if (paused) drawBar();
  else append(come);
}

function addAgent(name: string): void {
  if (agents.has(name)) return;
  agents.add(name);
  agent.append(element('option', { value: name }, name));
}

function addBar(): void {
  const names = LEVELS.map((each, at) =>
    at === 0 ? 'All levels' : at === LEVELS.length - 1 ? each : `${each} and above`,
  );
  level.append(...LEVELS.map((each, at) => element('option', { value: each }, names[at] ?? each)));
  agent.append(element('option', { value: '' }, 'All agents'));
  if (filter.agent !== '') addAgent(filter.agent);
  level.value = filter.level;
  agent.value = filter.agent;
  text.value = filter.text;
  text.addEventListener('input', filtered);
  level.addEventListener('change', filtered);
  agent.addEventListener('change', filtered);
  pause.addEventListener('click', pauseOrResume);
  byId('clear').addEventListener('click', () => host.send({ type: 'clear' }));
  byId('export').addEventListener('click', () => host.send({ type: 'export', filter }));
  newest.addEventListener('click', toEnd);
  lines.addEventListener('scroll', drawNewest, { passive: true });
}

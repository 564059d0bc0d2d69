/**
 * From a deployed file and line to the places V8 can stop at: through the path, the source map and V8's own list of
 * breakable positions. Every step leaves a link of the explanation chain; what cannot be resolved says why.
 */
import type { Location } from '@stillframe/protocol/action';
import type { Link, ResolvedLocation } from '@stillframe/protocol/status';
import type { TimedPlace } from '../shared/probe-messages.ts';
import { breakablePlaces } from './breakable-places.ts';
import type { DebuggerSession, Script, V8Position } from './debugger-session.ts';
import { functionStart } from './scope-analysis.ts';
import type { AnalyseScript } from './script-analysis.ts';
import { siteOnLine } from './site-at.ts';
import type { ExecutedFile, SourceFiles } from './source-files.ts';
import type { SourceMap } from './source-map.ts';

export interface Place {
  script: Script;
  at: V8Position;
  /** A `return` of something already computed: V8 stops when the inner blocks are left. */
  atReturn: boolean;
  /** Offset to look for variables at, where that is not the place itself. */
  scopeAt?: number;
  /** Of a timer. */
  timed?: TimedPlace;
}

export interface Resolution {
  state: 'resolved' | 'pending' | 'rejected';
  links: Link[];
  places: Place[];
  resolved?: ResolvedLocation;
}

export interface ResolveInput {
  location: Location;
  files: SourceFiles;
  session: DebuggerSession;
  analyse: AnalyseScript;
  blocked: (path: string) => string | undefined;
  allowLargeScripts: boolean;
  /** A line that was instrumented at load is enough: it counts by itself. */
  sitesSuffice?: boolean;
}

/** Lines searched below one without code. */
const LINES_AHEAD = 25;
/** The first hit in a function parses the whole script again, on the service's thread: some 60 ms per million characters. */
const WARN_SCRIPT_LENGTH = 262_144;
const MAX_SCRIPT_LENGTH = 2_097_152;
const STALL_MS_PER_UNIT = 60 / 1_048_576;

export async function resolveLocation(input: ResolveInput): Promise<Resolution> {
  const { location } = input;
  const file = await findFile(input);
  if (file.resolution !== undefined) return file.resolution;
  const { path, links } = file;
  const found: FoundLine[] = [];
  for (const { script, map } of file.scripts) {
    const line = await findLine(input, path, script, map);
    if (line !== undefined) found.push(line);
  }
  const first = found[0];
  if (first === undefined) {
    return broken(
      links,
      `There is no code at line ${location.line} or in the ${LINES_AHEAD} lines below; choose a line with a statement`,
    );
  }
  const moved = first.line === location.line ? [] : [`moved to line ${first.line}: line ${location.line} has no code`];
  const places = found.map(({ place }) => place);
  return resolved(input, links, places, moved, resolvedLocation(path, first));
}

/** The end of the search: places that were found, unless the first hit would hold the service up for too long. */
export function resolved(
  input: ResolveInput,
  links: readonly Link[],
  places: Place[],
  notes: readonly string[],
  location: ResolvedLocation,
): Resolution {
  const longest = Math.max(...places.map(({ script }) => script.length));
  const stall = Math.round(longest * STALL_MS_PER_UNIT);
  if (longest > MAX_SCRIPT_LENGTH && !input.allowLargeScripts) {
    return broken(
      links,
      `The script is large (${megabytes(longest)}): the first hit would hold the service up for about ${stall} ms. Set STILLFRAME_ALLOW_LARGE_SCRIPTS=1 in the service to allow it`,
    );
  }
  const all = [
    ...notes,
    ...(longest > WARN_SCRIPT_LENGTH
      ? [`the first hit may hold the service up for about ${stall} ms: the script has ${megabytes(longest)}`]
      : []),
  ];
  const line: Link =
    all.length === 0 ? { link: 'line', state: 'ok' } : { link: 'line', state: 'warning', reason: sentence(all) };
  return { state: 'resolved', links: [...links, line], places, resolved: location };
}

export function broken(links: readonly Link[], reason: string, link: Link['link'] = 'line'): Resolution {
  return { state: 'rejected', links: [...links, { link, state: 'broken', reason }], places: [] };
}

export interface FoundFile {
  resolution?: undefined;
  path: string;
  /** `file` and `content`. */
  links: Link[];
  scripts: FoundScript[];
}

export interface FoundScript {
  file: ExecutedFile;
  script: Script;
  map: SourceMap | undefined;
}

/** The scripts that carry the file's text, or why there are none. */
export async function findFile(input: ResolveInput): Promise<FoundFile | { resolution: Resolution }> {
  const { location, files } = input;
  const pending = (reason: string) => ({
    resolution: {
      state: 'pending' as const,
      links: [{ link: 'file' as const, state: 'pending' as const, reason }],
      places: [],
    },
  });
  const matching = files.matching(location.path);
  const path = matching[0];
  if (path === undefined) return pending(`The service has not loaded ${location.path}; it is armed when it does`);
  if (matching.length > 1) {
    const some = matching.slice(0, 5).join(', ');
    const reason = `Name more of the path: ${matching.length} loaded files end with ${location.path} (${some})`;
    return { resolution: broken([], reason, 'file') };
  }
  const rule = input.blocked(path);
  if (rule !== undefined) {
    const reason = `${path} is blocked by the policy "${rule}"; nothing may be placed there`;
    return { resolution: broken([], reason, 'file') };
  }
  const carriers = files
    .executedBy(path)
    .map((file) => ({ file, scripts: input.session.scriptsAt(file.path) }))
    .filter(({ scripts }) => scripts.length > 0);
  if (carriers.length === 0)
    return pending(`${path} is known but not running in the main thread; it is armed when it loads there`);
  const links: Link[] = [{ link: 'file', state: 'ok', reason: howFound(path, location.path, carriers) }];
  const deployed = files.get(path)?.sha256;
  if (location.sha256 !== undefined && deployed !== undefined && location.sha256 !== deployed) {
    const reason = 'The deployed text differs from the editor’s, so the line may mean other code than you see';
    links.push({ link: 'content', state: 'warning', reason });
  } else links.push({ link: 'content', state: 'ok' });
  const scripts: FoundScript[] = [];
  for (const { file, scripts: loaded } of carriers) {
    const map = await files.mapOf(file);
    for (const script of loaded) scripts.push({ file, script, map: file.originals.includes(path) ? map : undefined });
  }
  return { path, links, scripts };
}

interface FoundLine {
  place: Place;
  line: number;
  /** 1-based, in the original. */
  column: number;
  generated: boolean;
}

interface Candidate {
  at: V8Position;
  line: number;
  column: number;
  /** V8's own end-of-function place. */
  atReturn: boolean;
}

async function findLine(
  input: ResolveInput,
  path: string,
  script: Script,
  map: SourceMap | undefined,
): Promise<FoundLine | undefined> {
  const { location } = input;
  const mapped = map !== undefined;
  const last = location.line + LINES_AHEAD;
  for (let line = location.line; line <= last; line++) {
    const site = await findSite(input, path, script, map, line);
    if (site !== undefined) return site;
    const candidates = mapped
      ? await mappedCandidates(input, script, map, path, line)
      : await plainCandidates(input, script, line);
    const chosen = await choose(input, candidates, script, map, path);
    if (chosen !== undefined) {
      return {
        place: { script, at: chosen.at, atReturn: chosen.atReturn },
        line: chosen.line,
        column: chosen.column,
        generated: mapped,
      };
    }
  }
  return undefined;
}

async function findSite(
  { location, session, analyse, sitesSuffice }: ResolveInput,
  path: string,
  script: Script,
  map: SourceMap | undefined,
  line: number,
): Promise<FoundLine | undefined> {
  if (sitesSuffice !== true || location.column !== undefined) return undefined;
  const executed = map === undefined ? [line] : generatedRanges(map, path, line).map(({ from }) => from.lineNumber + 1);
  for (const executedLine of executed) {
    const at = await siteOnLine(session, analyse, script, executedLine - 1);
    if (at === undefined) continue;
    const place = { script, at, atReturn: false };
    if (map === undefined) return { place, line, column: at.columnNumber + 1, generated: false };
    const original = map.originalOf({ line: executedLine, column: at.columnNumber });
    if (original?.path === path && original.line === line)
      return { place, line, column: original.column + 1, generated: true };
  }
  return undefined;
}

/** The first statement of the line; with a column, the statement there, in the innermost function there. */
async function choose(
  { location, analyse }: ResolveInput,
  candidates: readonly Candidate[],
  script: Script,
  map: SourceMap | undefined,
  path: string,
): Promise<Candidate | undefined> {
  const sorted = [...candidates].sort((a, b) => a.line - b.line || a.column - b.column);
  const first = sorted[0];
  if (first === undefined || first.line !== location.line) return first;
  const { program, lines } = await analyse(script);
  if (location.column === undefined) {
    if (program === undefined) return first;
    // Code outside of all functions ran when the script was loaded; `const f = (x) => x * 2` means the arrow.
    const isInFunction = ({ line, at }: Candidate) =>
      line === first.line && functionStart(program, lines.offsetOf(at), false) !== -1;
    return sorted.find(isInFunction) ?? first;
  }
  const wanted = location.column;
  const original = { line: location.line, column: wanted - 1 };
  const target = map === undefined ? original : map.generatedAt(path, original);
  let onLine = sorted.filter((candidate) => candidate.line === first.line);
  if (program !== undefined && target !== undefined) {
    const offset = lines.offsetOf({ lineNumber: target.line - 1, columnNumber: target.column });
    const start = functionStart(program, offset, true);
    const inside = onLine.filter(({ at }) => functionStart(program, lines.offsetOf(at), false) === start);
    if (inside.length > 0) onLine = inside;
  }
  return onLine.findLast((candidate) => candidate.column <= wanted) ?? onLine[0];
}

async function plainCandidates({ session, analyse }: ResolveInput, script: Script, line: number): Promise<Candidate[]> {
  const end = { lineNumber: line, columnNumber: 0 };
  const range = { from: { lineNumber: line - 1, columnNumber: 0 }, last: end, to: end };
  const locations = await breakablePlaces(session, analyse, script, range);
  return locations.map(({ lineNumber, columnNumber = 0, type }) => ({
    at: { lineNumber, columnNumber },
    line: lineNumber + 1,
    column: columnNumber + 1,
    atReturn: type === 'return',
  }));
}

/**
 * Breakable positions near the line's generated text that map back to the line. A minifier folds several lines into one
 * statement, whose position then maps to another of them: so without any, the first one behind the line's text is taken.
 */
async function mappedCandidates(
  { session, analyse }: ResolveInput,
  script: Script,
  map: SourceMap,
  path: string,
  line: number,
): Promise<Candidate[]> {
  const exact: Candidate[] = [];
  const folded: Candidate[] = [];
  for (const range of generatedRanges(map, path, line)) {
    for (const found of await breakablePlaces(session, analyse, script, range)) {
      const { lineNumber, columnNumber = 0 } = found;
      const at = { lineNumber, columnNumber };
      const original = map.originalOf({ line: lineNumber + 1, column: columnNumber });
      const atReturn = found.type === 'return';
      if (original?.path === path && original.line === line)
        exact.push({ at, line, column: original.column + 1, atReturn });
      else if (original?.path === path && original.line < line) folded.push({ at, line, column: 1, atReturn });
    }
  }
  return exact.length > 0 ? exact : folded.slice(0, 1);
}

/** One range per generated line, from the first mapped column to a little behind the last, where the statement may begin. */
function generatedRanges(
  map: SourceMap,
  path: string,
  line: number,
): { from: V8Position; last: V8Position; to: V8Position }[] {
  const lines = new Map<number, { first: number; last: number }>();
  for (const { line: generatedLine, column } of map.generatedOf(path, line)) {
    const known = lines.get(generatedLine);
    lines.set(generatedLine, {
      first: Math.min(known?.first ?? column, column),
      last: Math.max(known?.last ?? column, column),
    });
  }
  return [...lines].map(([generatedLine, { first, last }]) => ({
    from: { lineNumber: generatedLine - 1, columnNumber: first },
    last: { lineNumber: generatedLine - 1, columnNumber: last },
    to: { lineNumber: generatedLine - 1, columnNumber: last + 200 },
  }));
}

function resolvedLocation(path: string, { place, line, column, generated }: FoundLine): ResolvedLocation {
  const { script, at } = place;
  return {
    path,
    line,
    column,
    ...(generated && { generated: { path: script.path, line: at.lineNumber + 1, column: at.columnNumber + 1 } }),
  };
}

function howFound(
  path: string,
  wanted: string,
  carriers: readonly { file: ExecutedFile; scripts: Script[] }[],
): string {
  const by = path === wanted ? path : `${path} (the only loaded file that ends with ${wanted})`;
  const executed = carriers.map(({ file }) => file.path).filter((executedPath) => executedPath !== path);
  return executed.length === 0 ? by : `${by}, through the source map of ${executed.join(', ')}`;
}

function sentence(notes: readonly string[]): string {
  const text = notes.join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function megabytes(length: number): string {
  return `${(length / 1_048_576).toFixed(1)} MB`;
}

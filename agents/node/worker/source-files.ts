/**
 * The files the service has loaded, and the originals behind their source maps: read and hashed here, off the service's
 * thread. Lenses, path mapping and drift in the editor live on this list. Libraries are not listed.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedFile } from '@stillframe/protocol/agent';
import { findSourceMapUrl, readSourceMap, type SourceMap } from './source-map.ts';

export interface ExecutedFile {
  path: string;
  sourceMapUrl?: string;
  /** Paths of the originals, empty without a map. */
  originals: string[];
}

export interface SourceFiles {
  /** A module was loaded; `sourceMapUrl` where the runtime knows of a map that the file on disk does not name. */
  note(urlOrPath: string, sourceMapUrl?: string): void;
  list(): IterableIterator<LoadedFile>;
  get(path: string): LoadedFile | undefined;
  /** Reported paths that are `path`, or, without an exact one, end with it at a whole segment. */
  matching(path: string): string[];
  /** The executed files that carry this text: itself, or the bundles an original went into. */
  executedBy(path: string): ExecutedFile[];
  mapOf(executed: ExecutedFile): Promise<SourceMap | undefined>;
  /** The deployed text of a listed file. */
  textOf(path: string): Promise<string | undefined>;
  executed(path: string): ExecutedFile | undefined;
  /** Resolves when all that was noted so far is listed. */
  settled(): Promise<void>;
}

const MAX_FILES = 20_000;
/** Larger files are listed without a hash. */
const MAX_HASHED_BYTES = 32 * 1_048_576;
const MAPS_KEPT = 6;

export function createSourceFiles(
  workingDirectory: string,
  onAdded: (files: readonly LoadedFile[]) => void,
): SourceFiles {
  const listed = new Map<string, LoadedFile>();
  const executed = new Map<string, ExecutedFile>();
  const maps = new Map<string, SourceMap>();
  const noted = new Map<string, string | undefined>();
  let work: Promise<void> = Promise.resolve();

  async function add(path: string, mapUrl: string | undefined): Promise<void> {
    const text = await readText(path);
    if (text === undefined) return;
    const file: ExecutedFile = { path, originals: [] };
    const url = mapUrl ?? findSourceMapUrl(text);
    if (url !== undefined) file.sourceMapUrl = url;
    executed.set(path, file);
    const added: LoadedFile[] = [describe(path, text)];
    const map = await mapOf(file);
    for (const original of map?.sources ?? []) {
      if (isLibrary(original)) continue;
      const originalText = map?.contentOf(original) ?? (await readText(original));
      // An executed file that is its own original (types stripped in place) keeps its entry and gets its map.
      file.originals.push(original);
      if (original !== path && originalText !== undefined)
        added.push({ ...describe(original, originalText), generatedPath: path });
    }
    const fresh = added.filter((entry) => listed.size < MAX_FILES || listed.has(entry.path));
    for (const entry of fresh) listed.set(entry.path, entry);
    if (fresh.length > 0) onAdded(fresh);
  }

  async function mapOf(file: ExecutedFile): Promise<SourceMap | undefined> {
    if (file.sourceMapUrl === undefined) return undefined;
    const known = maps.get(file.path);
    if (known !== undefined) {
      maps.delete(file.path);
      maps.set(file.path, known);
      return known;
    }
    const map = await readSourceMap(file.sourceMapUrl, file.path, workingDirectory);
    if (map !== undefined) maps.set(file.path, map);
    for (const oldest of maps.keys()) {
      if (maps.size <= MAPS_KEPT) break;
      maps.delete(oldest);
    }
    return map;
  }

  return {
    note(urlOrPath, sourceMapUrl) {
      const path = pathOf(urlOrPath);
      if (path === undefined || isLibrary(path) || noted.size >= MAX_FILES) return;
      if (noted.has(path) && (sourceMapUrl === undefined || noted.get(path) === sourceMapUrl)) return;
      noted.set(path, sourceMapUrl);
      work = work.then(() => add(path, sourceMapUrl)).catch(() => {});
    },
    list: () => listed.values(),
    get: (path) => listed.get(path),
    matching(path) {
      if (listed.has(path)) return [path];
      const tail = path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '');
      return [...listed.keys()].filter((known) => `/${known.replaceAll('\\', '/')}`.endsWith(`/${tail}`));
    },
    executedBy(path) {
      const behind = [...executed.values()].filter((file) => file.originals.includes(path));
      const itself = executed.get(path);
      return behind.length > 0 || itself === undefined ? behind : [itself];
    },
    mapOf,
    async textOf(path) {
      for (const file of executed.values()) {
        if (!file.originals.includes(path)) continue;
        const carried = (await mapOf(file))?.contentOf(path);
        if (carried !== undefined) return carried;
      }
      return listed.has(path) ? readText(path) : undefined;
    },
    executed: (path) => executed.get(path),
    settled: () => work,
  };
}

/** Absolute path of a `file:` URL or a path; undefined for anything else (`node:`, `data:`, evaluated text). */
export function pathOf(urlOrPath: string): string | undefined {
  if (urlOrPath.startsWith('file:')) {
    try {
      return fileURLToPath(urlOrPath.replace(/[?#].*$/, ''));
    } catch {
      return undefined;
    }
  }
  return urlOrPath.startsWith('/') || /^[A-Za-z]:[\\/]/.test(urlOrPath) ? urlOrPath : undefined;
}

export function isLibrary(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}`) || path.includes('/node_modules/');
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function describe(path: string, text: string): LoadedFile {
  const size = Buffer.byteLength(text);
  if (size > MAX_HASHED_BYTES) return { path };
  return {
    path,
    sha256: sha256Of(text),
    gitBlob: createHash('sha1').update(`blob ${size}\0`).update(text).digest('hex'),
    lines: countLines(text),
  };
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return size > MAX_HASHED_BYTES * 2 ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

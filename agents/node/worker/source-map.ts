/** Source maps: found by a script's comment, inline or beside it, and read in both directions. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AnyMap,
  eachMapping,
  GREATEST_LOWER_BOUND,
  generatedPositionFor,
  originalPositionFor,
  sourceContentFor,
  type TraceMap,
  traceSegment,
} from '@jridgewell/trace-mapping';

/** A position in text. `line` is 1-based, `column` is 0-based, UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

export interface OriginalPosition extends Position {
  path: string;
}

export interface SourceMap {
  /** Absolute paths of the originals, in the map's order. */
  sources: readonly string[];
  /** The original's text, where the map carries it. */
  contentOf(path: string): string | undefined;
  originalOf(position: Position): OriginalPosition | undefined;
  /** What the author called the identifier that begins exactly here, where the map says so. */
  nameAt(position: Position): string | undefined;
  /** All names the map gives, with where the executed text has them. */
  names(): (Position & { name: string })[];
  /** Where the text at an original position went. */
  generatedAt(path: string, position: Position): Position | undefined;
  /** Generated positions of one original line, in generated order. */
  generatedOf(path: string, line: number): readonly Position[];
}

/** Larger maps are not read: a minute of parsing for one bundle is not a guest's manner. */
const MAX_MAP_BYTES = 64 * 1_048_576;
const COMMENT = /^[ \t]*\/\/[#@] sourceMappingURL=([^\s'"]+)[ \t]*$/gm;

/** The last `sourceMappingURL` comment of a script. */
export function findSourceMapUrl(text: string): string | undefined {
  const tail = text.lastIndexOf('sourceMappingURL=');
  if (tail === -1) return undefined;
  const lineStart = text.lastIndexOf('\n', tail) + 1;
  const found = [...text.slice(lineStart).matchAll(COMMENT)].at(-1)?.[1];
  return found;
}

/** Undefined when there is no such map, or it is none. `base` is the folder by which originals are resolved without a file. */
export async function readSourceMap(url: string, scriptPath: string, base: string): Promise<SourceMap | undefined> {
  try {
    const { text, path } = await readMapText(url, scriptPath);
    return openSourceMap(text, path, base);
  } catch {
    return undefined;
  }
}

async function readMapText(url: string, scriptPath: string): Promise<{ text: string; path: string }> {
  const data = /^data:application\/json[^,]*?(;base64)?,/.exec(url.slice(0, 200));
  if (data !== null) {
    const body = url.slice(data[0].length);
    const text = data[1] === undefined ? decodeURIComponent(body) : Buffer.from(body, 'base64').toString('utf8');
    return { text, path: scriptPath };
  }
  const path = url.startsWith('file:') ? fileURLToPath(url) : resolve(dirname(scriptPath), decodeURIComponent(url));
  if ((await stat(path)).size > MAX_MAP_BYTES) throw new Error('too large');
  return { text: await readFile(path, 'utf8'), path };
}

function openSourceMap(text: string, mapPath: string, base: string): SourceMap {
  const map = new AnyMap(text);
  const folder = dirname(mapPath);
  const paths = map.sources.map((source) => originalPath(source ?? '', folder, base));
  const byLine = new Map<string, Map<number, Position[]>>();
  return {
    sources: paths,
    contentOf(path) {
      const source = map.sources[paths.indexOf(path)];
      return source == null ? undefined : (sourceContentFor(map, source) ?? undefined);
    },
    originalOf({ line, column }) {
      const found = originalPositionFor(map, { line, column });
      if (found.source === null) return undefined;
      const path = paths[map.resolvedSources.indexOf(found.source)] ?? paths[map.sources.indexOf(found.source)];
      if (path === undefined) return undefined;
      return { path, line: found.line, column: found.column };
    },
    nameAt({ line, column }) {
      const segment = traceSegment(map, line - 1, column);
      return segment?.length === 5 && segment[0] === column ? map.names[segment[4]] : undefined;
    },
    names() {
      const found: (Position & { name: string })[] = [];
      eachMapping(map, ({ name, generatedLine, generatedColumn }) => {
        if (name !== null) found.push({ line: generatedLine, column: generatedColumn, name });
      });
      return found;
    },
    generatedAt(path, { line, column }) {
      const source = map.resolvedSources[paths.indexOf(path)];
      if (source == null) return undefined;
      const found = generatedPositionFor(map, { source, line, column, bias: GREATEST_LOWER_BOUND });
      return found.line === null ? undefined : { line: found.line, column: found.column };
    },
    generatedOf(path, line) {
      let lines = byLine.get(path);
      if (lines === undefined) {
        lines = indexLines(map, paths.indexOf(path));
        byLine.set(path, lines);
      }
      return lines.get(line) ?? [];
    },
  };
}

function indexLines(map: TraceMap, sourceIndex: number): Map<number, Position[]> {
  const wanted = map.resolvedSources[sourceIndex] ?? map.sources[sourceIndex];
  const lines = new Map<number, Position[]>();
  eachMapping(map, (mapping) => {
    if (mapping.source === null || mapping.source !== wanted) return;
    const known = lines.get(mapping.originalLine);
    const position = { line: mapping.generatedLine, column: mapping.generatedColumn };
    if (known === undefined) lines.set(mapping.originalLine, [position]);
    else known.push(position);
  });
  return lines;
}

/** Bundlers invent schemes (`webpack://shop/./src/a.ts`); what follows them is relative to the service's folder. */
function originalPath(source: string, folder: string, base: string): string {
  if (source.startsWith('file:')) return fileURLToPath(source);
  const scheme = /^[a-z][a-z0-9+.-]+:\/\/[^/]*\//i.exec(source);
  if (scheme !== null) return join(base, source.slice(scheme[0].length).split('?')[0] ?? '');
  return isAbsolute(source) ? normalize(source) : resolve(folder, source);
}

/** Runs in Node's loader thread where there are no synchronous hooks (before 22.15): rewrites ES modules that match. */
import { MAX_SITES } from '../shared/instrumentation.ts';
import { matchingPaths } from '../shared/path-patterns.ts';
import { pathOf, sourceText, takeSites } from './instrument-modules.ts';
import { instrumentText } from './instrument-text.ts';

interface LoadResult {
  format?: string;
  source?: unknown;
}

let matches: (path: string) => boolean = () => false;
let next: Int32Array | undefined;

export function initialize(data: { patterns: readonly string[]; next: Int32Array }): void {
  matches = matchingPaths(data.patterns);
  next = data.next;
}

export async function load(
  url: string,
  context: unknown,
  nextLoad: (url: string, context: unknown) => Promise<LoadResult>,
): Promise<LoadResult> {
  const result = await nextLoad(url, context);
  try {
    if (next === undefined || result.format !== 'module' || !url.startsWith('file:') || !matches(pathOf(url)))
      return result;
    const text = sourceText(result.source);
    const words = next;
    const changed = text && instrumentText(text, true, (count) => takeSites(words, MAX_SITES, count)).text;
    return changed ? { ...result, source: changed } : result;
  } catch {
    return result;
  }
}

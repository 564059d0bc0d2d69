/** File URIs as editors spell them, and paths. */
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Undefined for anything that is not a file on disk (`untitled:`, `git:`). */
export function pathOfUri(uri: string, windows = process.platform === 'win32'): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri, { windows });
  } catch {
    return undefined;
  }
}

/** VS Code writes `file:///c%3A/…`; the spelling of an open document is preferred by whoever has one. */
export function uriOfPath(path: string, windows = process.platform === 'win32'): string {
  return pathToFileURL(path, { windows }).href;
}

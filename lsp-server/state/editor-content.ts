/**
 * The hash of what the editor shows, comparable with hashes of files. Editors drop byte order marks and may turn line ends
 * round, so a buffer that says the same as the file counts as the file.
 */
import { readFile, stat } from 'node:fs/promises';
import { sha256Of } from '@stillframe/management-client/workspace/content-hash';
import type { OpenDocument } from './open-document.ts';

export interface EditorContent {
  sha256: string;
  /** Of the file on disk; absent when there is none. Equal to `sha256` unless there are unsaved changes. */
  saved?: string;
}

/** Larger files are not read for the comparison. */
const MAX_BYTES = 8_000_000;
/** A file written twice in this time may look the same from outside; until it is older it is read anew. */
const SETTLED_MS = 2000;

interface SavedContent {
  key: string;
  sha256: string;
  /** Of the text without the marks and line ends that editors change. */
  plain: string;
}

/** Asked for with every key that is pressed, when the file on disk is still what it was. */
const known = new WeakMap<OpenDocument, SavedContent>();

export async function contentOf(document: OpenDocument): Promise<EditorContent> {
  const text = document.text();
  const saved = await savedContent(document);
  const bare = plain(text);
  const own = sha256Of(bare);
  if (own === saved?.plain) return { sha256: saved.sha256, saved: saved.sha256 };
  const sha256 = bare === text ? own : sha256Of(text);
  return { sha256, ...(saved !== undefined && { saved: saved.sha256 }) };
}

/** Undefined when there is no file, or a very large one. */
async function savedContent(document: OpenDocument): Promise<SavedContent | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(document.path);
    if (size > MAX_BYTES) return undefined;
    const key = `${ino} ${size} ${mtimeMs}`;
    const before = known.get(document);
    if (before?.key === key) return before;
    const bytes = await readFile(document.path);
    const saved = { key, sha256: sha256Of(bytes), plain: sha256Of(plain(bytes.toString('utf8'))) };
    if (Date.now() - mtimeMs > SETTLED_MS) known.set(document, saved);
    return saved;
  } catch {
    return undefined;
  }
}

function plain(text: string): string {
  const unmarked = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return unmarked.includes('\r\n') ? unmarked.replaceAll('\r\n', '\n') : unmarked;
}

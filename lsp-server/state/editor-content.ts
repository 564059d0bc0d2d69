/**
 * The hash of what the editor shows, comparable with hashes of files. Editors drop byte order marks and may turn line ends
 * round, so a buffer that says the same as the file counts as the file.
 */
import { readFile } from 'node:fs/promises';
import { sha256Of } from '@stillframe/management-client/workspace/content-hash';
import type { OpenDocument } from './open-document.ts';

export interface EditorContent {
  sha256: string;
  /** Of the file on disk; absent when there is none. Equal to `sha256` unless there are unsaved changes. */
  saved?: string;
}

/** Larger files are not read for the comparison. */
const MAX_CHARACTERS = 8_000_000;

export async function contentOf(document: OpenDocument): Promise<EditorContent> {
  const text = document.text();
  const bytes = text.length > MAX_CHARACTERS ? undefined : await readFile(document.path).catch(() => undefined);
  if (bytes === undefined) return { sha256: sha256Of(text) };
  const saved = sha256Of(bytes);
  const sha256 = plain(bytes.toString('utf8')) === plain(text) ? saved : sha256Of(text);
  return { sha256, saved };
}

function plain(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

/** The dialect in which expressions for a source file are written, by the file's extension. */
import type { Dialect } from '@stillframe/protocol/expression';

const BY_EXTENSION: Readonly<Record<string, Dialect>> = {
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'javascript',
  mts: 'javascript',
  cts: 'javascript',
  tsx: 'javascript',
  py: 'python',
  java: 'java',
  kt: 'java',
  kts: 'java',
};

export function dialectOf(path: string): Dialect | undefined {
  const extension = /\.([A-Za-z]+)$/.exec(path)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION[extension.toLowerCase()];
}

/**
 * Where a file of the editor is deployed, and back. One family of functions for both directions. In order: a setting
 * (longest prefix wins), the same content, the longest common tail. Ambiguity is said, never guessed away.
 */
import type { DeployedFile } from '@stillframe/protocol/messages/ide-connection';

/** Both roots are absolute paths, with or without a trailing separator, on either platform. */
export interface PathRule {
  localRoot: string;
  remoteRoot: string;
}

export type MapRule = 'setting' | 'content' | 'suffix' | 'none';

export interface DeployedMatch {
  verdict: 'mapped' | 'ambiguous' | 'unmapped';
  /** All deployed versions of the one path, or the candidates when ambiguous. */
  files: DeployedFile[];
  rule: MapRule;
  /** Every version has the text the editor shows. */
  sameContent: boolean;
  /** A sentence for `stillframe.mapping.explain`. */
  explanation: string;
}

export interface ToDeployedInput {
  localPath: string;
  /** Of the editor's text. */
  sha256?: string | undefined;
  rules: readonly PathRule[];
  files: readonly DeployedFile[];
  /** Workspace folders; the tail of a path is counted from below them. */
  localRoots: readonly string[];
}

export function toDeployed(input: ToDeployedInput): DeployedMatch {
  const { localPath, sha256, files } = input;
  const set = bySetting(localPath, input.rules, 'localRoot', 'remoteRoot');
  if (set !== undefined) {
    const found = files.filter((file) => samePath(file.path, set));
    if (found.length > 0) return mapped(found, 'setting', sha256, `A path mapping leads to ${set}`);
  }
  const equal = sha256 === undefined ? [] : files.filter((file) => file.sha256 === sha256);
  const tails = longestTail(segments(belowRoot(localPath, input.localRoots)), equal, (file) => file.path);
  if (tails.length > 0) return oneOf(tails, 'content', sha256, `has the same content as ${localPath}`, files);
  const candidates = longestTail(segments(belowRoot(localPath, input.localRoots)), files, (file) => file.path);
  if (candidates.length > 0) {
    const whole = segments(belowRoot(localPath, input.localRoots)).length;
    const depth = commonTail(segments(localPath), segments(candidates[0]?.path ?? ''));
    // A bare basename somewhere else is no evidence unless the file stands at the root of its folder.
    if (depth >= Math.min(whole, 2)) return oneOf(candidates, 'suffix', sha256, `ends like ${localPath}`, files);
  }
  const explanation =
    set === undefined
      ? `No connected agent has loaded a file with the content or the name of ${localPath}`
      : `A path mapping leads to ${set}, which no connected agent has loaded`;
  return { verdict: 'unmapped', files: [], rule: 'none', sameContent: false, explanation };
}

export interface ToLocalInput {
  deployedPath: string;
  sha256?: string | undefined;
  rules: readonly PathRule[];
  localRoots: readonly string[];
  localFiles: readonly { path: string; sha256?: string | undefined }[];
}

export function toLocal(input: ToLocalInput): { path?: string; rule: MapRule; explanation: string } {
  const { deployedPath, sha256, localFiles } = input;
  const set = bySetting(deployedPath, input.rules, 'remoteRoot', 'localRoot');
  if (set !== undefined) return { path: set, rule: 'setting', explanation: `A path mapping leads to ${set}` };
  const equal = sha256 === undefined ? [] : localFiles.filter((file) => file.sha256 === sha256);
  const same = longestTail(segments(deployedPath), equal, (file) => file.path);
  if (same.length === 1 && same[0] !== undefined) {
    return { path: same[0].path, rule: 'content', explanation: `${same[0].path} has the same content` };
  }
  const tails = longestTail(segments(deployedPath), localFiles, (file) => file.path);
  const [only] = tails;
  if (tails.length > 1) {
    return {
      rule: 'none',
      explanation: `Several local files end like ${deployedPath}: ${tails.map(({ path }) => path).join(', ')}`,
    };
  }
  if (only !== undefined) {
    const whole = segments(belowRoot(only.path, input.localRoots)).length;
    if (commonTail(segments(deployedPath), segments(only.path)) >= Math.min(whole, 2)) {
      return { path: only.path, rule: 'suffix', explanation: `${only.path} ends like ${deployedPath}` };
    }
  }
  return { rule: 'none', explanation: `No local file has the content or the name of ${deployedPath}` };
}

/** The path after the longest matching root is exchanged; in the style (separator) of the root it gets. */
function bySetting(
  path: string,
  rules: readonly PathRule[],
  from: keyof PathRule,
  to: keyof PathRule,
): string | undefined {
  const own = normalise(path);
  let best: { rule: PathRule; root: string } | undefined;
  for (const rule of rules) {
    // Without its slash the root of the file system is a prefix like any other.
    const root = normalise(rule[from]).replace(/^\/$/, '');
    const holds = own === root || own.startsWith(`${root}/`);
    if (holds && (best === undefined || root.length > best.root.length)) best = { rule, root };
  }
  if (best === undefined) return undefined;
  const rest = own.slice(best.root.length + 1);
  const target = best.rule[to];
  const root = target.replace(/[\\/]+$/, '');
  const separator = /^[A-Za-z]:\\|^\\\\/.test(target) ? '\\' : '/';
  return rest === '' ? root : `${root}${separator}${rest.replaceAll('/', separator)}`;
}

function mapped(files: DeployedFile[], rule: MapRule, sha256: string | undefined, explanation: string): DeployedMatch {
  const sameContent = sha256 !== undefined && files.every((file) => file.sha256 === sha256);
  return { verdict: 'mapped', files, rule, sameContent, explanation };
}

/** One path in several versions is a match; several paths are ambiguous. */
function oneOf(
  found: DeployedFile[],
  rule: MapRule,
  sha256: string | undefined,
  relation: string,
  all: readonly DeployedFile[],
): DeployedMatch {
  const paths = [...new Set(found.map((file) => file.path))];
  const [path = ''] = paths;
  if (paths.length === 1) {
    return mapped(
      all.filter((file) => file.path === path),
      rule,
      sha256,
      `${path} ${relation}`,
    );
  }
  const explanation = `Several deployed files match: ${paths.join(', ')}. Add a path mapping to .stillframe.json`;
  return { verdict: 'ambiguous', files: found, rule, sameContent: false, explanation };
}

/** Those with the most segments in common from the end, at least one. */
function longestTail<T>(tail: readonly string[], items: readonly T[], pathOf: (item: T) => string): T[] {
  let best = 0;
  let found: T[] = [];
  for (const item of items) {
    const depth = commonTail(tail, segments(pathOf(item)));
    if (depth === 0 || depth < best) continue;
    if (depth > best) found = [];
    best = depth;
    found.push(item);
  }
  return found;
}

function commonTail(a: readonly string[], b: readonly string[]): number {
  let depth = 0;
  while (depth < a.length && depth < b.length && a.at(-1 - depth) === b.at(-1 - depth)) depth += 1;
  return depth;
}

function belowRoot(path: string, roots: readonly string[]): string {
  const own = normalise(path);
  const root = roots
    .map(normalise)
    .filter((candidate) => own.startsWith(`${candidate}/`))
    .sort((a, b) => b.length - a.length)[0];
  return root === undefined ? own : own.slice(root.length + 1);
}

function samePath(a: string, b: string): boolean {
  return normalise(a) === normalise(b);
}

/** Forward slashes, lower-case drive, no trailing separator, no `file:` scheme. */
export function normalise(path: string): string {
  const plain = path.replaceAll('\\', '/').replace(/(?<=.)\/+$/, '');
  return plain.replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
}

function segments(path: string): string[] {
  return normalise(path)
    .split('/')
    .filter((part) => part !== '');
}

/** Path mappings in both directions: there and back is where one was, whatever the platforms; and ambiguity is said. */
import type { DeployedFile } from '@stillframe/protocol/messages/ide-connection';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PathRule, toDeployed, toLocal } from './path-map.ts';

const deployed = (path: string, sha256?: string): DeployedFile => ({
  path,
  agentIds: ['agent-1'],
  ...(sha256 !== undefined && { sha256 }),
});

function there(localPath: string, rules: readonly PathRule[], files: readonly DeployedFile[]) {
  return toDeployed({ localPath, rules, files, localRoots: [] });
}

function back(deployedPath: string, rules: readonly PathRule[]) {
  return toLocal({ deployedPath, rules, localRoots: [], localFiles: [] });
}

const segment = fc.stringMatching(/^[A-Za-z0-9_äß .@+-]{1,8}$/).filter((text) => !/^[. ]+$/.test(text));
const tail = fc.array(segment, { minLength: 1, maxLength: 4 });
/** Roots of either platform, with and without a separator at the end. */
const root = fc
  .tuple(fc.constantFrom('/', 'C:\\', '\\\\host\\share\\', '/srv/'), fc.array(segment, { maxLength: 3 }), fc.boolean())
  .map(([start, parts, closed]) => {
    const separator = start.includes('\\') ? '\\' : '/';
    const whole = start + parts.join(separator);
    return closed && parts.length > 0 ? whole + separator : whole;
  });
const join = (base: string, parts: readonly string[]) => {
  const separator = base.includes('\\') ? '\\' : '/';
  return [base.replace(/[\\/]+$/, ''), ...parts].join(separator);
};
const plain = (path: string) => path.replaceAll('\\', '/').replace(/\/+$/, '').toLowerCase();
const apart = (a: string, b: string) =>
  !`${plain(a)}/`.startsWith(`${plain(b)}/`) && !`${plain(b)}/`.startsWith(`${plain(a)}/`);

test('there and back is where one was', () => {
  fc.assert(
    fc.property(root, root, root, root, tail, (localRoot, remoteRoot, otherLocal, otherRemote, parts) => {
      // Another rule that has nothing to do with the file must not matter.
      fc.pre(apart(localRoot, otherLocal) && apart(remoteRoot, otherRemote));
      const rules = [
        { localRoot: otherLocal, remoteRoot: otherRemote },
        { localRoot, remoteRoot },
      ];
      const local = join(localRoot, parts);
      const remote = join(remoteRoot, parts);
      const found = there(local, rules, [deployed(remote)]);
      expect(found).toMatchObject({ verdict: 'mapped', rule: 'setting', files: [{ path: remote }] });
      expect(back(remote, rules)).toMatchObject({ path: local, rule: 'setting' });
    }),
    { numRuns: 1000 },
  );
});

test('a rule inside another goes first in both directions', () => {
  fc.assert(
    fc.property(root, root, segment, segment, tail, (localRoot, remoteRoot, inner, innerRemote, parts) => {
      const rules = [
        { localRoot, remoteRoot },
        { localRoot: join(localRoot, [inner]), remoteRoot: join(remoteRoot, [innerRemote, 'inner']) },
      ];
      const local = join(localRoot, [inner, ...parts]);
      const remote = join(remoteRoot, [innerRemote, 'inner', ...parts]);
      expect(there(local, rules, [deployed(remote)])).toMatchObject({ rule: 'setting', files: [{ path: remote }] });
      expect(back(remote, rules)).toMatchObject({ path: local });
    }),
  );
});

describe('without a mapping', () => {
  const HASH = 'a'.repeat(64);
  const ROWS: [
    name: string,
    local: string,
    sha256: string | undefined,
    files: DeployedFile[],
    verdict: string,
    path?: string,
  ][] = [
    [
      'the same content',
      '/w/src/orders.ts',
      HASH,
      [deployed('/app/other/orders.ts', HASH)],
      'mapped',
      '/app/other/orders.ts',
    ],
    [
      'the longest tail',
      '/w/src/orders.ts',
      undefined,
      [deployed('/app/orders.ts'), deployed('/app/src/orders.ts')],
      'mapped',
      '/app/src/orders.ts',
    ],
    [
      'two as good',
      '/w/src/orders.ts',
      undefined,
      [deployed('/a/src/orders.ts'), deployed('/b/src/orders.ts')],
      'ambiguous',
    ],
    [
      'two with its content',
      '/w/orders.ts',
      HASH,
      [deployed('/a/orders.ts', HASH), deployed('/b/orders.ts', HASH)],
      'ambiguous',
    ],
    [
      'one path in two versions',
      '/w/src/orders.ts',
      undefined,
      [deployed('/a/src/orders.ts', HASH), deployed('/a/src/orders.ts', 'b'.repeat(64))],
      'mapped',
      '/a/src/orders.ts',
    ],
    ['a bare name far away', '/w/src/deep/index.ts', undefined, [deployed('/app/lib/index.ts')], 'unmapped'],
    ['nothing of that name', '/w/src/orders.ts', undefined, [deployed('/app/src/users.ts')], 'unmapped'],
  ];
  test.each(ROWS)('%s', (_name, localPath, sha256, files, verdict, path) => {
    const found = toDeployed({ localPath, sha256, files, rules: [], localRoots: ['/w'] });
    expect(found.verdict).toBe(verdict);
    expect(found.explanation).not.toBe('');
    if (path !== undefined) expect(new Set(found.files.map((file) => file.path))).toEqual(new Set([path]));
  });
});

/** Where a token is looked for, and where it is put. The keychain is a stand-in: present, locked, silent, or not installed. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const URL = 'http://127.0.0.1:7070';

let root: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stillframe-sign-in-'));
  env = { XDG_CONFIG_HOME: join(root, 'config'), STILLFRAME_DATA: join(root, 'data') };
});
afterEach(() => {
  vi.doUnmock('keytar');
  vi.resetModules();
  rmSync(root, { recursive: true, force: true });
});

interface Stand {
  secrets: Map<string, string>;
  fails?: boolean;
}

/** Loads the room anew over this keychain, or none. */
async function signInWith(keychain: Stand | 'missing') {
  vi.resetModules();
  vi.doMock('keytar', () => {
    if (keychain === 'missing') throw new Error('libsecret-1.so.0: cannot open shared object file');
    const { secrets, fails } = keychain;
    const work = async <T>(done: () => T): Promise<T> => {
      if (fails) throw new Error("Couldn't access platform storage: AccessDenied");
      return done();
    };
    return {
      default: {
        getPassword: (service: string, account: string) => work(() => secrets.get(`${service} ${account}`) ?? null),
        setPassword: (service: string, account: string, secret: string) =>
          work(() => void secrets.set(`${service} ${account}`, secret)),
        deletePassword: (service: string, account: string) => work(() => secrets.delete(`${service} ${account}`)),
      },
    };
  });
  return import('./sign-in.ts');
}

/** Every place, the safest first; each row takes away the ones above it. */
const PLACES: [place: string, source: RegExp][] = [
  ['explicit', /^given$/],
  ['STILLFRAME_TOKEN', /^STILLFRAME_TOKEN$/],
  ['STILLFRAME_TOKEN_FILE', /from-variable$/],
  ['keychain', /^the keychain$/],
  ['tokens.json', /tokens\.json$/],
  ['the server of this machine', /data.token$/],
];

test.each(PLACES.map(([place, source], at) => [place, source, at] as const))('%s', async (place, source, at) => {
  const has = (name: string) => PLACES.findIndex(([known]) => known === name) >= at;
  const secrets = new Map(has('keychain') ? [[`stillframe ${URL}`, 'keychain']] : []);
  const { findToken } = await signInWith({ secrets });
  if (has('STILLFRAME_TOKEN')) env.STILLFRAME_TOKEN = 'STILLFRAME_TOKEN\n';
  if (has('STILLFRAME_TOKEN_FILE')) {
    env.STILLFRAME_TOKEN_FILE = join(root, 'from-variable');
    writeFileSync(env.STILLFRAME_TOKEN_FILE, 'STILLFRAME_TOKEN_FILE\n');
  }
  if (has('tokens.json')) writeTokens({ [URL]: 'tokens.json' });
  mkdirSync(join(root, 'data'));
  writeFileSync(join(root, 'data', 'token'), 'the server of this machine\n');
  const found = await findToken(URL, { env, ...(has('explicit') && { explicit: 'explicit' }) });
  expect(found).toEqual({ token: place, source: expect.stringMatching(source) });
});

/** A keychain that cannot be used is passed over. */
const BROKEN: [name: string, keychain: Stand | 'missing'][] = [
  ['not installed', 'missing'],
  ['locked', { secrets: new Map([[`stillframe ${URL}`, 'keychain']]), fails: true }],
  ['empty', { secrets: new Map() }],
];

test.each(BROKEN)('a keychain that is %s', async (_name, keychain) => {
  const { findToken } = await signInWith(keychain);
  writeTokens({ [URL]: 'filed' });
  expect(await findToken(URL, { env })).toMatchObject({ token: 'filed' });
});

test('a keychain that waits for a person is not waited for', async () => {
  vi.resetModules();
  vi.doMock('keytar', () => ({ default: { getPassword: () => new Promise(() => {}) } }));
  const { findToken } = await import('./sign-in.ts');
  writeTokens({ [URL]: 'filed' });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const found = findToken(URL, { env });
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(5000);
    expect(await found).toMatchObject({ token: 'filed' });
  } finally {
    vi.useRealTimers();
  }
});

/** The token file of the server is taken for servers on this machine only, and a file others can read is not trusted. */
const NOT_TAKEN: [name: string, url: string, prepare: () => void][] = [
  [
    "this machine's token, for another machine",
    'https://debug.example.com',
    () => {
      mkdirSync(join(root, 'data'));
      writeFileSync(join(root, 'data', 'token'), 'secret');
    },
  ],
  ["another server's token", 'http://127.0.0.1:9', () => writeTokens({ [URL]: 'secret' })],
  ['a file others can read', URL, () => chmodSync(writeTokens({ [URL]: 'secret' }), 0o644)],
  ['a damaged file', URL, () => writeFileSync(writeTokens({}), '{"http:')],
  ['an empty file', URL, () => (env.STILLFRAME_TOKEN_FILE = writeTokens({}, ''))],
];

test.each(NOT_TAKEN)('not taken: %s', async (_name, url, prepare) => {
  const { findToken } = await signInWith('missing');
  prepare();
  expect(await findToken(url, { env })).toBeUndefined();
});

test('a token goes to the keychain, and is forgotten there', async () => {
  const secrets = new Map<string, string>();
  const { findToken, forgetToken, storeToken } = await signInWith({ secrets });
  expect(await storeToken('ws://127.0.0.1:7070/ide', 't', { insecure: true, env })).toEqual({ where: 'the keychain' });
  expect([...secrets]).toEqual([[`stillframe ${URL}`, 't']]);
  await forgetToken(URL, env);
  expect(await findToken(URL, { env })).toBeUndefined();
});

test('a keychain that refuses is not said to be missing, and is given the time to ask the person', async () => {
  const locked = await signInWith({ secrets: new Map(), fails: true });
  expect(await locked.storeToken(URL, 't', { insecure: false, env })).toEqual({
    problem: expect.stringMatching(
      /^There is no keychain open here \(it is locked, or nobody answered its question\)\. Allow a file/,
    ),
  });
  vi.resetModules();
  let unlock = () => {};
  const setPassword = () => new Promise<void>((resolve) => (unlock = resolve));
  vi.doMock('keytar', () => ({ default: { setPassword } }));
  const { storeToken } = await import('./sign-in.ts');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const stored = storeToken(URL, 't', { insecure: false, env });
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(30_000);
    unlock();
    expect(await stored).toEqual({ where: 'the keychain' });
  } finally {
    vi.useRealTimers();
  }
});

test('without a keychain a file is made only after saying so, for the user alone', async () => {
  const { findToken, forgetToken, storeToken } = await signInWith('missing');
  expect(await storeToken(URL, 't', { insecure: false, env })).toEqual({
    problem: expect.stringMatching(/^There is no keychain here\. Allow a file/),
  });
  expect(await findToken(URL, { env })).toBeUndefined();

  const stored = await storeToken(URL, 't', { insecure: true, env });
  const file = join(root, 'config', 'stillframe', 'tokens.json');
  expect(stored).toEqual({ where: file });
  if (process.platform !== 'win32') {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'config', 'stillframe')).mode & 0o777).toBe(0o700);
  }
  await storeToken('https://debug.example.com', 'other', { insecure: true, env });
  await forgetToken(URL, env);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ 'https://debug.example.com': 'other' });
});

/** Spellings of one server share a token. */
const ORIGINS: [url: string, origin: string][] = [
  ['http://127.0.0.1:7070', 'http://127.0.0.1:7070'],
  ['http://127.0.0.1:7070/', 'http://127.0.0.1:7070'],
  ['ws://127.0.0.1:7070/ide', 'http://127.0.0.1:7070'],
  ['wss://Debug.Example.com/', 'https://debug.example.com'],
  ['https://debug.example.com:8443', 'https://debug.example.com:8443'],
];

test.each(ORIGINS)('%s', async (url, origin) => {
  const { originOf } = await signInWith('missing');
  expect(originOf(url)).toBe(origin);
});

/** A server that a repository names: whether it is given the token of the environment. */
const NAMED: [url: string, own: string | undefined, given: boolean][] = [
  ['http://127.0.0.1:1', 'ws://127.0.0.1:1/', true],
  ['http://127.0.0.1:1', 'http://127.0.0.1:2', false],
  ['https://evil.example.com', 'https://debug.example.com', false],
  ['https://evil.example.com', undefined, false],
];

test.each(NAMED)('named by a repository: %s, by the environment: %s', async (url, own, given) => {
  const { findToken, tokenEnvironment } = await signInWith('missing');
  const set = { ...env, STILLFRAME_TOKEN: 'secret', ...(own !== undefined && { STILLFRAME_URL: own }) };
  expect((await findToken(url, { env: tokenEnvironment(url, set) }))?.token).toBe(given ? 'secret' : undefined);
});

/** Which server: an option, the environment, the user's configuration, the default. */
const SERVERS: [explicit: string | undefined, variable: string | undefined, filed: string | undefined, url: string][] =
  [
    ['http://a', 'http://b', '{"server":"http://c"}', 'http://a'],
    [undefined, 'http://b', '{"server":"http://c"}', 'http://b'],
    [undefined, undefined, '{"server":"http://c"}', 'http://c'],
    [undefined, undefined, '{"server":5}', 'http://127.0.0.1:7070'],
    [undefined, undefined, undefined, 'http://127.0.0.1:7070'],
  ];

test.each(SERVERS)('server: %s, %s, %s', async (explicit, variable, filed, url) => {
  const { findServerUrl } = await signInWith('missing');
  if (variable !== undefined) env.STILLFRAME_URL = variable;
  if (filed !== undefined) {
    mkdirSync(join(root, 'config', 'stillframe'), { recursive: true });
    writeFileSync(join(root, 'config', 'stillframe', 'config.json'), filed);
  }
  expect(await findServerUrl({ explicit, env })).toBe(url);
});

function writeTokens(tokens: Record<string, string>, text = JSON.stringify(tokens)): string {
  const folder = join(root, 'config', 'stillframe');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'tokens.json');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** The system's keychain through `keytar`, where there is one: the module is optional and its service may not run. */

export interface Keychain {
  read(account: string): Promise<string | undefined>;
  /** False when the keychain did not take it. */
  write(account: string, secret: string): Promise<boolean>;
  forget(account: string): Promise<void>;
}

interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, secret: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const SERVICE = 'stillframe';
/** A keychain that is locked may ask the person and wait for ever; the next place is tried instead. */
const READ_PATIENCE_MS = 5_000;
/** Whoever signs in is there to answer, and needs the time to type a password. */
const WRITE_PATIENCE_MS = 60_000;

let loading: Promise<Keytar | undefined> | undefined;

/** Undefined where the module or the library under it is missing. */
export async function openKeychain(): Promise<Keychain | undefined> {
  loading ??= loadKeytar();
  const keytar = await loading;
  if (keytar === undefined) return undefined;
  return {
    async read(account) {
      const secret = await within(READ_PATIENCE_MS, keytar.getPassword(SERVICE, account));
      return typeof secret === 'string' && secret !== '' ? secret : undefined;
    },
    async write(account, secret) {
      const work = keytar.setPassword(SERVICE, account, secret).then(() => true);
      return (await within(WRITE_PATIENCE_MS, work)) === true;
    },
    async forget(account) {
      await within(WRITE_PATIENCE_MS, keytar.deletePassword(SERVICE, account));
    },
  };
}

async function loadKeytar(): Promise<Keytar | undefined> {
  if (process.env.STILLFRAME_NO_KEYCHAIN === '1') return undefined;
  try {
    const module = (await import('keytar')) as unknown as { default?: Keytar } & Keytar;
    return module.default ?? module;
  } catch {
    return undefined;
  }
}

/** Undefined when the keychain fails or takes too long. */
async function within<T>(patienceMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A D-Bus session with a keyring, of the test's own: nothing of it is the person's, and it ends with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { requireDebianPackages } from '../../tools/setup/debian-packages.mjs';

/** `locked` waits for a password that nobody can type here; without a bus no program can ask for secrets at all. */
export type KeyringState = 'unlocked' | 'locked' | 'no bus';

export interface SessionBus {
  /** For programs that are to live in this session; a home of their own included. */
  env: Record<string, string>;
  home: string;
  close(): Promise<void>;
}

export function installKeyring(): void {
  const programs = { 'dbus-daemon': 'dbus', 'gnome-keyring-daemon': 'gnome-keyring' };
  requireDebianPackages({ programs, libraries: ['libsecret-1-0'] }, (line) => void process.stderr.write(`${line}\n`));
}

export async function startSessionBus(keyring: KeyringState): Promise<SessionBus> {
  const home = mkdtempSync(join(tmpdir(), 'stillframe-keychain-'));
  const env: Record<string, string> = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'share'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    DBUS_SESSION_BUS_ADDRESS: '',
    DISPLAY: '',
  };
  mkdirSync(join(home, 'share'));
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  const started: StartedProcess[] = [];
  if (keyring !== 'no bus') {
    const bus = startProcess('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address=1'], { env });
    started.push(bus);
    const [address] = await bus.output(/unix:\S+/);
    env.DBUS_SESSION_BUS_ADDRESS = address;
    await startKeyring(keyring, home, env, started);
  }
  return {
    env,
    home,
    async close() {
      for (const child of started.reverse()) await child.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Resolves when the keyring has its name on the bus: before that, asking for secrets would start another one. */
async function startKeyring(
  keyring: KeyringState,
  home: string,
  env: Record<string, string>,
  started: StartedProcess[],
): Promise<void> {
  const rule = "type='signal',member='NameOwnerChanged',arg0='org.freedesktop.secrets'";
  const monitor = startProcess('dbus-monitor', ['--session', rule], { env });
  started.push(monitor);
  await monitor.output(/member=NameAcquired/);
  const password = join(home, 'password');
  writeFileSync(password, '\n', { mode: 0o600 });
  const flags = `--foreground --components=secrets${keyring === 'unlocked' ? ' --unlock' : ''}`;
  // `exec`, so that what is stopped in the end is the keyring and not a shell.
  started.push(startProcess('sh', ['-c', `exec gnome-keyring-daemon ${flags} < "$0"`, password], { env }));
  await monitor.output(/string "org\.freedesktop\.secrets"\s+string ""\s+string ":/);
}

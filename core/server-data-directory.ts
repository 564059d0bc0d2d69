/** Where a server that was given no directory keeps its keys and its database; clients on the same machine look there too. */

export interface MachineFacts {
  env: Readonly<Record<string, string | undefined>>;
  /** `process.platform`. */
  platform: string;
  /** The user's home directory. */
  home: string;
}

export function serverDataDirectory({ env, platform, home }: MachineFacts): string {
  if (env.STILLFRAME_DATA) return env.STILLFRAME_DATA;
  if (platform === 'darwin') return `${home}/Library/Application Support/stillframe`;
  if (platform === 'win32') return `${env.LOCALAPPDATA ?? home}\\stillframe`;
  return `${env.XDG_DATA_HOME || `${home}/.local/share`}/stillframe`;
}

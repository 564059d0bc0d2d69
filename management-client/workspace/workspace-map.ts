/**
 * Between the files of the editor and the files of the deployed service: path mappings, content, and names, in both
 * directions. Knows the folders and their `.stillframe.json`; reads files only to compare them.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, relative } from 'node:path';
import { type DeployedMatch, type PathRule, toDeployed, toLocal } from '@stillframe/core/source/path-map';
import type { DeployedFile } from '@stillframe/protocol/messages/ide-connection';
import { sha256Of } from './content-hash.ts';
import { readWorkspaceConfig, type WorkspaceConfig } from './read-workspace-config.ts';
import { sourceFilesByName } from './workspace-files.ts';

export type LocalMatch = ReturnType<typeof toLocal>;

export interface WorkspaceMapOptions {
  /** Absolute paths of the workspace's folders. */
  folders: readonly string[];
  /** What agents have loaded; `ManagementLink.files`. */
  files: () => Promise<readonly DeployedFile[]>;
  /** Mappings of a setting or a launch configuration; they come before those of `.stillframe.json`. */
  rules?: readonly PathRule[];
}

/** Per folder, files by their last segment. */
interface Listing {
  at: number;
  folders: readonly ReadonlyMap<string, readonly string[]>[];
}

const LISTING_AGE_MS = 30_000;
const MAX_HASHED_BYTES = 8 * 1_048_576;

export class WorkspaceMap {
  readonly #files: WorkspaceMapOptions['files'];
  readonly #hashes = new Map<string, { key: string; sha256: string }>();
  #folders: readonly string[];
  #rules: readonly PathRule[];
  #configs: Promise<readonly WorkspaceConfig[]> | undefined;
  #listing: Listing | undefined;
  #renewal: Promise<Listing> | undefined;

  constructor({ folders, files, rules = [] }: WorkspaceMapOptions) {
    this.#folders = folders;
    this.#files = files;
    this.#rules = rules;
  }

  get folders(): readonly string[] {
    return this.#folders;
  }

  configure(folders: readonly string[], rules: readonly PathRule[]): void {
    this.#folders = folders;
    this.#rules = rules;
    this.refresh();
  }

  /** `.stillframe.json` or the set of files changed. */
  refresh(): void {
    this.#configs = undefined;
    this.#listing = undefined;
    this.#renewal = undefined;
  }

  /** One per folder, in their order. */
  configs(): Promise<readonly WorkspaceConfig[]> {
    this.#configs ??= Promise.all(this.#folders.map(readWorkspaceConfig));
    return this.#configs;
  }

  /** `text` is the editor's; without it the file on disk is compared. */
  async deployedFor(localPath: string, text?: string): Promise<DeployedMatch> {
    const sha256 = text === undefined ? await this.hashOf(localPath) : sha256Of(text);
    return toDeployed({
      localPath,
      sha256,
      rules: await this.#allRules(),
      files: await this.#files(),
      localRoots: this.#folders,
    });
  }

  /** `sha256` is that of the deployed text, where it is known. */
  async localFor(deployedPath: string, sha256?: string): Promise<LocalMatch> {
    if (this.#isInside(deployedPath) && (await this.hashOf(deployedPath)) !== undefined) {
      return { path: deployedPath, rule: 'content', explanation: `${deployedPath} is the deployed file itself` };
    }
    const rules = await this.#allRules();
    const candidates = await this.#namesakes(deployedPath);
    const localFiles = await Promise.all(candidates.map(async (path) => ({ path, sha256: await this.hashOf(path) })));
    return toLocal({ deployedPath, sha256, rules, localRoots: this.#folders, localFiles });
  }

  async #allRules(): Promise<PathRule[]> {
    const configs = await this.configs();
    return [...this.#rules, ...configs.flatMap((config) => config.pathMappings)];
  }

  #isInside(path: string): boolean {
    return this.#folders.some((folder) => {
      const below = relative(folder, path);
      return below !== '' && !below.startsWith('..') && !isAbsolute(below);
    });
  }

  async #namesakes(deployedPath: string): Promise<readonly string[]> {
    const name = basename(deployedPath.replaceAll('\\', '/'));
    const listing = this.#listing ?? (await this.#renew());
    const known = named(listing, name);
    if (performance.now() - listing.at <= LISTING_AGE_MS) return known;
    // Somebody waits for a file that has been there all the time; only one that was not is worth the wait for a new list.
    const renewed = this.#renew();
    return known.length > 0 ? known : named(await renewed, name);
  }

  #renew(): Promise<Listing> {
    if (this.#renewal !== undefined) return this.#renewal;
    const renewal = Promise.all(this.#folders.map(sourceFilesByName)).then((folders) => {
      const listing = { at: performance.now(), folders };
      // After a refresh this one is out of date before it is there.
      if (this.#renewal === renewal) {
        this.#renewal = undefined;
        this.#listing = listing;
      }
      return listing;
    });
    this.#renewal = renewal;
    return renewal;
  }

  /** Of the file on disk; undefined when there is none. */
  async hashOf(path: string): Promise<string | undefined> {
    try {
      const { mtimeMs, size } = await stat(path);
      if (size > MAX_HASHED_BYTES) return undefined;
      const key = `${mtimeMs} ${size}`;
      const known = this.#hashes.get(path);
      if (known?.key === key) return known.sha256;
      const sha256 = sha256Of(await readFile(path));
      this.#hashes.set(path, { key, sha256 });
      return sha256;
    } catch {
      return undefined;
    }
  }
}

function named({ folders }: Listing, name: string): readonly string[] {
  return folders.flatMap((files) => files.get(name) ?? []);
}

export interface DebianPackages {
  programs?: Record<string, string>;
  libraries?: readonly string[];
}

export function requireDebianPackages(packages: DebianPackages, say?: (line: string) => void): void;

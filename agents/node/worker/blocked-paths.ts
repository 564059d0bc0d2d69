/** Path patterns of the policy in which nothing may be placed: `*` within a segment, `**` over segments. */
import { patternMatcher } from '../shared/path-patterns.ts';

export function blockedPaths(patterns: readonly string[]): (path: string) => string | undefined {
  const rules = patterns.map((pattern) => ({ pattern, matcher: patternMatcher(pattern) }));
  return (path) => {
    const normal = path.replaceAll('\\', '/');
    return rules.find(({ matcher }) => matcher.test(normal))?.pattern;
  };
}

/** The same rules as texts of regular expressions, over paths with slashes. */
export function blockedPathSources(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => patternMatcher(pattern).source);
}

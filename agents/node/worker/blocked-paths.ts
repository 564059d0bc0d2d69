/** Path patterns of the policy in which nothing may be placed: `*` within a segment, `**` over segments. */
export function blockedPaths(patterns: readonly string[]): (path: string) => string | undefined {
  const rules = patterns.map((pattern) => ({ pattern, matcher: matcherOf(pattern) }));
  return (path) => {
    const normal = path.replaceAll('\\', '/');
    return rules.find(({ matcher }) => matcher.test(normal))?.pattern;
  };
}

/** The same rules as texts of regular expressions, over paths with slashes. */
export function blockedPathSources(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => matcherOf(pattern).source);
}

/** A pattern without a leading slash may begin at any segment. */
function matcherOf(pattern: string): RegExp {
  const normal = pattern.replaceAll('\\', '/');
  const body = normal
    .split(/(\*\*\/?|\*)/)
    .map((part) => {
      if (part === '**/') return '(?:[^/]+/)*';
      if (part === '**') return '.*';
      return part === '*' ? '[^/]*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`${normal.startsWith('/') ? '^' : '(?:^|/)'}${body}$`);
}

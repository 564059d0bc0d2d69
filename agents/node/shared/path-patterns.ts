/** Path patterns: `*` within a segment, `**` over segments; without a leading slash a pattern may begin at any segment. */
const LIBRARIES = /[\\/]node_modules[\\/]/;

/** Libraries only where a pattern names them. Here a pattern begins at the root, or with `**`. */
export function matchingPaths(patterns: readonly string[]): (path: string) => boolean {
  const rules = patterns.map((pattern) => ({
    matcher: patternMatcher(pattern),
    libraries: pattern.includes('node_modules'),
  }));
  return (path) => {
    const normal = path.replaceAll('\\', '/');
    const isLibrary = LIBRARIES.test(path);
    return rules.some(({ matcher, libraries }) => libraries === isLibrary && matcher.test(normal));
  };
}

export function patternMatcher(pattern: string): RegExp {
  const normal = pattern.replaceAll('\\', '/').replace(/^\.\//, '');
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

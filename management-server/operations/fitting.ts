/** The first of `items`, made ready for an answer, that together take about `bytes` as JSON; at least one. */
export function fitting<T, R>(items: readonly T[], bytes: number, make: (item: T) => R): R[] {
  const made: R[] = [];
  let used = 0;
  for (const item of items) {
    const entry = make(item);
    used += JSON.stringify(entry).length + 1;
    if (used > bytes && made.length > 0) break;
    made.push(entry);
  }
  return made;
}

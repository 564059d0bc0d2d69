/** Columns for people; scripts use `--json`. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_heading, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `12 s`, `3 min`, `2 h`, `4 d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

export function print(text: string): void {
  write(`${text}\n`);
}

/** To standard output. Whoever reads it may have enough and go, as `head` does; that is the end and no failure. */
export function write(text: string): void {
  if (process.stdout.listenerCount('error', endWithReader) === 0) process.stdout.on('error', endWithReader);
  process.stdout.write(text);
}

function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** A list that does not fit into one message must not pass for the whole; on standard error, where no script parses it. */
export function noteCut(shown: number, total: number, what: string): void {
  if (shown < total) process.stderr.write(`stillframe: only ${shown} of ${total} ${what} are listed\n`);
}

/** Medians, tables and pinned processes, for all benchmarks. */
import { cpus, totalmem } from 'node:os';
import { type StartedProcess, type StartOptions, startProcess } from '@stillframe/test-kit/processes';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** On Linux on one core of its own, elsewhere wherever the system puts it. */
export function startPinned(
  core: number,
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): StartedProcess {
  if (process.platform !== 'linux') return startProcess(command, args, options);
  return startProcess('taskset', ['-c', String(core % cpus().length), command, ...args], options);
}

export function printMachine(): void {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  print(
    `Node.js ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB`,
  );
}

export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  print(line(headings));
  print(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) print(line(row));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

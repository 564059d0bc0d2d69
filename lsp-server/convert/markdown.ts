/** Text as markdown. What was captured must not become markup: an image in it would be fetched. */

/** The argument is an id, never a value: links end up in histories and logs. */
export function link(title: string, command: string, argument: { id: string } | { actionId: string }): string {
  return `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([argument]))})`;
}

/** A longer fence than any run of backticks inside, or the text could leave it and become markup. */
export function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${fence}${space}${text}${space}${fence}`.replaceAll(/\s+/g, ' ');
}

/** Code inside a table. */
export function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

export function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|<>~-]/g, (character) => `\\${character}`).replaceAll('\n', ' ');
}

/** Lines of log actions, as they come, in an output channel of their own. */
import type { EditorLogLine } from '@stillframe/protocol/messages/editor-extensions';
import { type Disposable, window } from 'vscode';

export interface LogChannel extends Disposable {
  append(lines: readonly EditorLogLine[]): void;
  show(): void;
}

export function logChannel(): LogChannel {
  const channel = window.createOutputChannel('Stillframe Logs', 'log');
  return {
    append(lines) {
      for (const { at, level, agent, message, place } of lines) {
        const time = new Date(at).toISOString().slice(11, 23);
        const where = place === undefined ? '' : ` ${place.uri.split('/').at(-1)}:${place.line + 1}`;
        channel.appendLine(`${time} [${level}] ${agent}${where} ${message}`);
      }
    },
    show: () => channel.show(true),
    dispose: () => channel.dispose(),
  };
}

/** The editor behind the protocol: what commands ask of it, by the messages it understands. */
import { type ClientCapabilities, type Connection, MessageType } from 'vscode-languageserver';
import type { EditorFace } from '../state/editor-face.ts';
import { pathOfUri } from './uri.ts';

export function clientFace(connection: Connection, capabilities: () => ClientCapabilities): EditorFace {
  const show = (type: MessageType, message: string) => {
    // An editor that has gone needs no message.
    connection.sendNotification('window/showMessage', { type, message }).catch(() => {});
  };
  return {
    info: (message) => show(MessageType.Info, message),
    warn: (message) => show(MessageType.Warning, message),
    async ask(message, choices) {
      const actions = choices.map((title) => ({ title }));
      try {
        return (await connection.window.showInformationMessage(message, ...actions))?.title;
      } catch {
        // Without the dialog the person still learns what it would have asked.
        show(MessageType.Warning, `${message} This editor has no dialog to ask: nothing was done`);
        return undefined;
      }
    },
    async showDocument(uri, line) {
      const position = { line: line ?? 0, character: 0 };
      const selection = line === undefined ? {} : { selection: { start: position, end: position } };
      const shown =
        capabilities().window?.showDocument?.support === true &&
        (await connection.window.showDocument({ uri, takeFocus: true, ...selection }).then(
          ({ success }) => success,
          () => false,
        ));
      if (!shown) show(MessageType.Info, `Open ${pathOfUri(uri) ?? uri}`);
      return shown;
    },
  };
}

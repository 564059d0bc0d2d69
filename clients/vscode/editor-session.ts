/** What the parts of the extension share: the language client, and the last picture it was told. */
import type { EditorAction, EditorState } from '@stillframe/protocol/messages/editor-extensions';
import { type Disposable, EventEmitter } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

export class EditorSession implements Disposable {
  readonly #changed = new EventEmitter<EditorState>();
  readonly onDidChange = this.#changed.event;
  readonly client: LanguageClient;
  #state: EditorState | undefined;

  constructor(client: LanguageClient) {
    this.client = client;
  }

  get state(): EditorState | undefined {
    return this.#state;
  }

  update(state: EditorState): void {
    this.#state = state;
    this.#changed.fire(state);
  }

  action(id: string): EditorAction | undefined {
    return this.#state?.actions.find((action) => action.id === id);
  }

  /** Runs one of the server's commands; what it cannot do comes back as an error with words for the person. */
  execute<T>(command: string, argument: object): Promise<T> {
    return this.client.sendRequest('workspace/executeCommand', { command, arguments: [argument] });
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

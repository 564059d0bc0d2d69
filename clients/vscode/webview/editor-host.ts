/** The editor round the page: messages to the extension, and what the page remembers while it is hidden. */

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export interface EditorHost<Out, State extends object> {
  send(message: Out): void;
  /** Never anything but a part: an older page may have remembered less. */
  remembered: Partial<State>;
  remember(state: State): void;
}

export function editorHost<In, Out, State extends object>(onMessage: (message: In) => void): EditorHost<Out, State> {
  const api = acquireVsCodeApi();
  window.addEventListener('message', ({ data }: MessageEvent<In>) => onMessage(data));
  return {
    send: (message) => api.postMessage(message),
    remembered: Object(api.getState()) as Partial<State>,
    remember: (state) => api.setState(state),
  };
}

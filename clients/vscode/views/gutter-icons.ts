/** An icon in the gutter of each line with an action: its kind, and how it is doing. */
import type { EditorAction } from '@stillframe/protocol/messages/editor-extensions';
import {
  Disposable,
  type ExtensionContext,
  OverviewRulerLane,
  Range,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
} from 'vscode';
import type { EditorSession } from '../editor-session.ts';

const KINDS = ['snapshot', 'log'] as const;
/** The first of these wins a line that several actions share: there is room for one icon. */
const LOOKS = ['failed', 'armed', 'waiting', 'done'] as const;
type Look = (typeof LOOKS)[number];

export function showGutterIcons(context: ExtensionContext, session: EditorSession): Disposable {
  const decorations = new Map<string, TextEditorDecorationType>();
  for (const kind of KINDS) {
    for (const look of LOOKS) {
      decorations.set(
        `${kind} ${look}`,
        window.createTextEditorDecorationType({
          gutterIconPath: Uri.file(context.asAbsolutePath(`media/gutter/${kind}-${look}.svg`)),
          gutterIconSize: '80%',
          overviewRulerColor: new ThemeColor(look === 'failed' ? 'editorWarning.foreground' : 'charts.green'),
          overviewRulerLane: OverviewRulerLane.Left,
        }),
      );
    }
  }

  function draw(): void {
    const actions = session.state?.connection === 'connected' ? session.state.actions : [];
    for (const editor of window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const here = foremost(actions.filter(({ place }) => place && Uri.parse(place.uri).toString() === uri));
      for (const [name, decoration] of decorations) {
        const lines = here.filter((action) => `${kindOf(action)} ${lookOf(action)}` === name);
        editor.setDecorations(
          decoration,
          lines.map(({ place, summary, label }) => ({
            range: new Range(place?.line ?? 0, 0, place?.line ?? 0, 0),
            hoverMessage: `${label}: ${summary}`,
          })),
        );
      }
    }
  }

  return Disposable.from(
    session.onDidChange(draw),
    window.onDidChangeVisibleTextEditors(draw),
    ...decorations.values(),
  );
}

/** One action for each line. */
function foremost(actions: readonly EditorAction[]): EditorAction[] {
  const byLine = new Map<number, EditorAction>();
  const rank = (action: EditorAction) => LOOKS.indexOf(lookOf(action));
  for (const action of actions) {
    const line = action.place?.line ?? 0;
    const other = byLine.get(line);
    if (other === undefined || rank(action) < rank(other)) byLine.set(line, action);
  }
  return [...byLine.values()];
}

function kindOf({ kind }: EditorAction): (typeof KINDS)[number] {
  return kind === 'log' ? 'log' : 'snapshot';
}

function lookOf({ state, agentState }: EditorAction): Look {
  if (state !== 'active') return 'done';
  if (agentState === 'armed' || agentState === 'finished') return 'armed';
  return agentState === 'rejected' || agentState === 'suspended' ? 'failed' : 'waiting';
}

/** Whether the editor shows what is deployed, and the words for it. */
import { basename } from 'node:path';
import type { DeployedMatch } from '@stillframe/core/source/path-map';
import type { EditorContent } from './editor-content.ts';

/** `unsaved`: the file on disk is what is deployed, the editor's text is not. `unknown`: no agent could say what it runs. */
export type Drift = 'none' | 'unsaved' | 'differs' | 'unknown';

export function driftOf(match: DeployedMatch, { sha256, saved }: EditorContent): Drift {
  if (match.verdict !== 'mapped' || match.sameContent) return 'none';
  const known = match.files.flatMap((file) => file.sha256 ?? []);
  if (known.length === 0) return 'unknown';
  return saved !== sha256 && known.every((each) => each === saved) ? 'unsaved' : 'differs';
}

/** A sentence without its end, or undefined when there is nothing to say. */
export function driftText(drift: Drift, match: DeployedMatch, path: string, sha256: string): string | undefined {
  const file = basename(path);
  switch (drift) {
    case 'none':
      return undefined;
    case 'unsaved':
      return `${file} has unsaved changes and so differs from the text that is deployed`;
    case 'unknown':
      return `No agent can say which text of ${file} it runs, so the line may mean other code there`;
    case 'differs': {
      const { length } = match.files;
      const others = match.files.filter((each) => each.sha256 !== sha256).length;
      const versions = length > 1 ? ` in ${others} of ${length} deployed versions` : '';
      return `${file} differs from the text that is deployed${versions}`;
    }
  }
}

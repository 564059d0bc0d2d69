/** The document of a page of ours in the editor: its own script and style, nothing from elsewhere, nothing inline. */
import { randomBytes } from 'node:crypto';
import { Uri, type Webview, type WebviewOptions } from 'vscode';

export interface WebviewPage {
  /** Its files are `dist/webview/<name>.js` and `.css`. */
  name: string;
  title: string;
  /** Ours, without anything that was sent. */
  body: string;
}

export function pageOptions(extension: Uri): WebviewOptions {
  return { enableScripts: true, localResourceRoots: [folderOf(extension)] };
}

export function pageHtml(webview: Webview, extension: Uri, { name, title, body }: WebviewPage): string {
  const nonce = randomBytes(16).toString('base64url');
  const file = (extensionOfFile: string) =>
    webview.asWebviewUri(Uri.joinPath(folderOf(extension), `${name}.${extensionOfFile}`)).toString();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${file('css')}">
</head>
<body>
${body}
<script nonce="${nonce}" src="${file('js')}"></script>
</body>
</html>`;
}

function folderOf(extension: Uri): Uri {
  return Uri.joinPath(extension, 'dist', 'webview');
}

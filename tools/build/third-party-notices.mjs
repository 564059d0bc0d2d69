/** The licences of everything that is not ours and yet in a bundle: most ask that their text goes along. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const LICENCE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
const RULE = '-'.repeat(80);

/**
 * `metafiles` are esbuild's, with paths below `workingFolder`; `folders` are packages that are shipped beside the bundles.
 * Throws for a package whose licence cannot be found, since it must not be shipped.
 */
export async function thirdPartyNotices(metafiles, workingFolder, folders) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const bundled = inputs
    .map((input) => packageFolder(resolve(workingFolder, input)))
    .filter((each) => each !== undefined);
  const notices = new Map();
  for (const folder of new Set([...bundled, ...folders])) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    notices.set(`${name} ${version}`, { license, text: await licenceOf(folder, name) });
  }
  const parts = [...notices]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, { license, text }]) => `${RULE}\n${title} (${license})\n${RULE}\n\n${text.trim()}\n`);
  return `Stillframe for Visual Studio Code contains these packages of others.\n\n${parts.join('\n')}`;
}

function packageFolder(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

async function licenceOf(folder, name) {
  const names = (await readdir(folder)).filter((each) => LICENCE.test(each)).sort();
  if (names.length === 0) throw new Error(`Find the licence of ${name} before it is shipped: ${folder} has none`);
  const texts = await Promise.all(names.map((each) => readFile(join(folder, each), 'utf8')));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

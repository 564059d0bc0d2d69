import { late } from './counted.mjs';

process.stdin.setEncoding('utf8').on('data', async (text) => {
  for (const [, rounds] of text.matchAll(/go (\d+)/g)) console.log(`done ${await late(Number(rounds))}`);
});
setInterval(() => {}, 1000);
console.log('ready');

// Prints what the counted code yields each time it is told to; `go 1000` runs its loops 1000 times.
const counted = require('./counted.cjs');
process.stdin.setEncoding('utf8').on('data', async (text) => {
  for (const [, rounds] of text.matchAll(/go (\d+)/g)) console.log(`done ${await counted.run(Number(rounds))}`);
});
setInterval(() => {}, 1000);
console.log('ready');

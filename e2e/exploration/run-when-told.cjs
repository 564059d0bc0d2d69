// Loads a package, waits until it is told on stdin (by then every line has its action), and runs the package's own suite:
// `node run-when-told.cjs ENTRY SUITE ARGUMENTS…`. At its exit it says on stderr what that took.
const { writeSync } = require('node:fs');
const [entry, suite, ...rest] = process.argv.slice(2);

require(entry);
process.stdin.once('data', () => {
  process.stdin.destroy();
  const started = performance.now();
  process.on('exit', () => {
    const cost = { ms: performance.now() - started, maxRssKb: process.resourceUsage().maxRSS };
    writeSync(2, `explored ${JSON.stringify(cost)}\n`);
  });
  process.argv = [process.argv[0], suite, ...rest];
  require(suite);
});

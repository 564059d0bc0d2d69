// Loads a module some time after its start, so that an action can be there before the code.
process.stdin.once('data', () => {
  const { greet } = require('./late-module.cjs');
  setInterval(() => greet('bob'), 5);
});
setInterval(() => {}, 1000);

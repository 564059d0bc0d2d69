// Where an error says it came from, what a function's text is made of, and a file that does not parse.
let broken = '';
try {
  require('./broken.cjs');
} catch (error) {
  broken = error.name;
}
function fails() {
  const text = 'own';
  throw new Error(text);
}
try {
  fails();
} catch (error) {
  console.log(`${broken} at ${error.stack.split('\n')[1].replace(/^.*stack\.cjs:(\d+):.*$/, '$1')}`);
}

// An HTTP service that asks itself: each line on standard input is ten requests, of which two fail and all take 20 ms.
const http = require('node:http');

const server = http.createServer((request, response) => {
  const failed = request.url === '/fails'; // @answer
  setTimeout(() => {
    response.statusCode = failed ? 503 : 200;
    response.end('answered');
  }, 20);
});

function ask(path) {
  return new Promise((resolve) => {
    http.get({ port: server.address().port, path, agent: false }, (response) => response.resume().on('end', resolve));
  });
}

server.listen(0, '127.0.0.1', () => console.log('ready'));
process.stdin.on('data', async () => {
  await Promise.all(Array.from({ length: 10 }, (_, at) => ask(at < 2 ? '/fails' : '/')));
  console.log('answered');
});

// For `node --require`: jco's host takes each shutdown of a TCP socket for a close,
// and this makes it end what is sent, as wasi:sockets has it for the half that is
// written. (There is one of that half only in what is run with this.)
const { Socket } = require('node:net');

const destroy = Socket.prototype.destroy;
Socket.prototype.destroy = function (...args) {
  const shutdown = args.length === 0 && /\bsocketTcpShutdown\b/.test(new Error().stack);
  return shutdown ? this.end() : destroy.apply(this, args);
};

// Loaded into each process of a suite: some tests name the ports 5432 and 5433 whatever PGPORT says. Here they lead to
// the place under test, and to the second one.
"use strict";
const { Socket } = require("node:net");

const ports = { 5432: Number(process.env.PGPORT), 5433: Number(process.env.SECOND_PORT) };
const connect = Reflect.get(Socket.prototype, "connect");

Socket.prototype.connect = function (...args) {
  // `net.connect` hands its normalised arguments over as one array.
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === "object" && first !== null && ports[first.port] !== undefined) {
    first.port = ports[first.port];
    return connect.apply(this, args);
  }
  if (ports[first] !== undefined) return connect.call(this, ports[first], ...args.slice(1));
  return connect.apply(this, args);
};

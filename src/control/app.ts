/**
 * What the control plane answers over HTTP: everything on its Unix socket, health and metrics alone on a port. Whatever
 * comes in, the answer is JSON with a coded error or what was asked for, and the process goes on.
 */
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type * as z from "zod";
import { type ErrorCode, WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ErrorTold } from "./protocol.ts";

/** An empty app with our bounds and our errors. */
export function createApp(): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: LIMITS.controlBodyBytesMax,
    connectionTimeout: LIMITS.controlIdleMs,
    requestTimeout: LIMITS.controlIdleMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LIMITS.shownNameCharsMax },
  });
  app.server.maxConnections = LIMITS.controlConnectionsMax;
  app.setNotFoundHandler((_request, reply) =>
    refuse(
      reply,
      404,
      new WhosawError("NOT_FOUND", "The control plane does not know this address.", {
        hint: "GET /health and GET /metrics are there for everybody.",
      }),
    ),
  );
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) => {
    const { statusCode = 500 } = error;
    if (error instanceof WhosawError) return refuse(reply, statusOf(error.code), error);
    if (statusCode < 500)
      return refuse(reply, statusCode, new WhosawError("USAGE", "This cannot be read as a question."));
    return refuse(reply, 500, new WhosawError("INTERNAL", "The control plane ran into a bug.", { cause: error }));
  });
  return app;
}

/** @throws WhosawError USAGE that names the first thing wrong, and repeats nothing of the body */
export function checked<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new WhosawError(
    "USAGE",
    `What was sent does not have the right shape${place === "" ? "" : ` at ${place.slice(0, LIMITS.shownNameCharsMax)}`}.`,
    {
      hint: "Use the commands of the same version as the control plane.",
    },
  );
}

/** An error as it goes over the socket: what it is, never what caused it. */
export function told({ code, message, hint }: WhosawError): ErrorTold {
  return { code, message, hint: hint ?? null };
}

function refuse(reply: FastifyReply, status: number, error: WhosawError): FastifyReply {
  return reply.code(status).send({ error: told(error) });
}

function statusOf(code: ErrorCode): number {
  if (code === "USAGE") return 400;
  if (code === "NOT_FOUND") return 404;
  if (code === "CONFIG_INVALID" || code === "CATALOG_MISMATCH") return 409;
  return code === "INTERNAL" ? 500 : 503;
}

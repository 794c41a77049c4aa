/**
 * The manager's REST interface.
 *
 * <p>Purpose: turn requests into calls of {@code objects}, and what they give into JSON or YAML. Place: above {@code objects} and {@code http}.
 * Threads: each request has one of its own. Specification: {@code openapi.yaml} beside this package, which {@code OpenApiTest} compares
 * with the routes both ways. Start reading at {@link dev.sluice.manager.rest.RestApi}.
 */
@NullMarked
package dev.sluice.manager.rest;

import org.jspecify.annotations.NullMarked;

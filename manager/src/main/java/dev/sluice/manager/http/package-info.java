/**
 * Answering HTTP, with as little as the manager needs of it.
 *
 * <p>Purpose: a small interface of our own between the routes and the server library, so that the library can change. Place: below {@code rest};
 * knows nothing of objects. Threads: each request has a virtual thread of its own. Specification: RFC 9110, RFC 9112; server-sent events of
 * the HTML standard. Start reading at {@link dev.sluice.manager.http.HttpServer}.
 */
@NullMarked
package dev.sluice.manager.http;

import org.jspecify.annotations.NullMarked;

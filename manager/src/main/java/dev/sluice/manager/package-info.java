/**
 * The manager: what people and programs want, kept as objects behind a REST interface.
 *
 * <p>Purpose: put store, objects and interface together into something that runs. Place: above its own packages, of which {@code store} and
 * {@code http} are the lowest; uses {@code model}. Threads: one for the store, one for each request, one that compacts. Specification:
 * {@code docs/guides/manager.md}. Start reading at {@link dev.sluice.manager.Manager}.
 */
@NullMarked
package dev.sluice.manager;

import org.jspecify.annotations.NullMarked;
